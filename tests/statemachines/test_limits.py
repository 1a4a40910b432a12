"""F54: the limits of Step Functions, computed from the machine's file: no execution outgrows its history."""

from collections.abc import Iterator
from typing import Any

from chalicelib.backup.rounds import MOST_ROUNDS
from chalicelib.backup.verify import MOST_TURNS
from chalicelib.connectors.session import PATIENCE_SECONDS
from tests.statemachines.test_definition import MACHINE

HISTORY = 25_000
EVENTS = {"Task": 5, "Map": 5, "Choice": 2, "Wait": 2, "Pass": 2, "Succeed": 2, "Fail": 1}
"""Entered and exited; a task is also scheduled, started and succeeds, a distributed map starts and its run does."""
EVENTS_OF_A_FAILED_TRY = 3
BEGINNING_AND_END = 2
PHASES = {"Plan": "ReadLanes", "PlanFiles": "CopyLanes"}

States = dict[str, Any]


def events(state: States) -> int:
    """The most events that a state leaves in its execution's history, once it has been tried as often as it may be."""
    tries: int = sum(retry["MaxAttempts"] for retry in state.get("Retry", []))
    return EVENTS[state["Type"]] + tries * EVENTS_OF_A_FAILED_TRY


def following(state: States) -> Iterator[str]:
    for way in (state, *state.get("Choices", []), *state.get("Catch", [])):
        if "Next" in way:
            yield way["Next"]
    if "Default" in state:
        yield state["Default"]


def loop(states: States, start: str) -> set[str]:
    """The states from which the way leads back to `start`, it included."""
    found = {start}
    while more := {name for name, state in states.items() if found & set(following(state))} - found:
        found |= more
    return found & reached(states, start)


def reached(states: States, start: str) -> set[str]:
    found = {start}
    while more := {name for one in found for name in following(states[one]) if name in states} - found:
        found |= more
    return found


def most_turns(lane: States) -> int:
    """After how many turns a lane's execution ends by itself, whatever its worker says."""
    (choice,) = [
        choice
        for state in lane["States"].values()
        for choice in state.get("Choices", [])
        if choice["Variable"] == "$.progress.turns"
    ]
    assert lane["States"][choice["Next"]]["End"]
    return int(choice["NumericGreaterThan"]) + 1


def test_f54_every_lane_is_an_execution_with_a_history_of_its_own() -> None:
    for phase in PHASES.values():
        assert MACHINE["States"][phase]["ItemProcessor"]["ProcessorConfig"] == {
            "Mode": "DISTRIBUTED",
            "ExecutionType": "STANDARD",
        }


def test_f54_a_lanes_history_is_never_full_however_often_its_worker_is_called() -> None:
    for phase in PHASES.values():
        lane = MACHINE["States"][phase]["ItemProcessor"]
        turning = loop(lane["States"], lane["StartAt"])
        turn = sum(events(lane["States"][name]) for name in turning)
        rest = sum(events(state) for name, state in lane["States"].items() if name not in turning)

        assert not called_again_uncounted(lane["States"], lane["StartAt"])
        assert most_turns(lane) * turn + rest + BEGINNING_AND_END < HISTORY


def called_again_uncounted(states: States, start: str) -> bool:
    """Tell whether a lane's worker can be called again without passing the state that looks at its turns."""
    free = {name: state for name, state in states.items() if "$.progress.turns" not in str(state.get("Choices"))}
    return any(start in following(free[name]) for name in reached(free, start))


def test_f54_a_jobs_own_history_is_never_full_however_many_rounds_it_takes() -> None:
    states = MACHINE["States"]
    looping, verifying = {name for phase in PHASES for name in loop(states, phase)}, loop(states, "Verify")
    once = sum(events(state) for name, state in states.items() if name not in looping | verifying)
    rounds, turns = (sum(events(states[name]) for name in names) for names in (looping, verifying))

    assert not looping & verifying
    assert once + MOST_ROUNDS * rounds + MOST_TURNS * turns + BEGINNING_AND_END < HISTORY


def test_f54_the_rounds_and_turns_outlast_the_longest_job() -> None:
    """A worker is called again after it has read, or has waited for the vendor, for as long as a session is patient."""
    turns = min(most_turns(MACHINE["States"][phase]["ItemProcessor"]) for phase in PHASES.values())

    assert MOST_ROUNDS * turns * PATIENCE_SECONDS > MACHINE["TimeoutSeconds"]
