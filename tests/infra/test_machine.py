"""The state machine's own rules, beyond the grammar that cfn-lint checks: every way leads on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.build import ROOT

MACHINES = sorted((ROOT / "statemachines").glob("*.asl.json"))
Machine = dict[str, Any]


def flows(machine: Machine, where: str) -> Iterator[tuple[str, Machine]]:
    """The machine and every machine inside its Map and Parallel states."""
    yield where, machine
    for name, state in machine["States"].items():
        inner = [state["ItemProcessor"]] if "ItemProcessor" in state else state.get("Branches", [])
        for each in inner:
            yield from flows(each, f"{where}.{name}")


def ways_on(state: Machine) -> Iterator[str]:
    for place in (state, *state.get("Choices", []), *state.get("Catch", [])):
        if "Next" in place:
            yield place["Next"]
    if "Default" in state:
        yield state["Default"]


@pytest.fixture(params=MACHINES, ids=lambda path: path.name)
def machine(request: pytest.FixtureRequest) -> Machine:
    read: Machine = json.loads(request.param.read_text())
    return read


def test_every_way_leads_to_a_state_and_every_state_is_reached(machine: Machine) -> None:
    for where, flow in flows(machine, "machine"):
        reached = {flow["StartAt"]} | {name for state in flow["States"].values() for name in ways_on(state)}

        assert reached == set(flow["States"]), where


def test_every_state_ends_or_leads_on(machine: Machine) -> None:
    for where, flow in flows(machine, "machine"):
        stuck = {
            name
            for name, state in flow["States"].items()
            if not state.get("End") and state["Type"] not in {"Succeed", "Fail"} and not list(ways_on(state))
        }

        assert stuck == set(), where


def test_every_task_has_an_end_is_tried_again_and_fails_into_a_state(machine: Machine) -> None:
    tasks = [
        (name, state)
        for _, flow in flows(machine, "machine")
        for name, state in flow["States"].items()
        if state["Type"] == "Task"
    ]

    assert tasks
    for name, task in tasks:
        assert task["TimeoutSeconds"], name
        assert task["Retry"], name
        assert name == "Close" or task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_all_tasks_are_tried_again_alike(machine: Machine) -> None:
    retries = {
        json.dumps(state["Retry"])
        for _, flow in flows(machine, "machine")
        for name, state in flow["States"].items()
        if "Retry" in state and name != "Close"
    }

    assert len(retries) == 1


def test_no_map_is_wider_than_an_inline_map_can_be(machine: Machine) -> None:
    for where, flow in flows(machine, "machine"):
        for name, state in flow["States"].items():
            assert state["Type"] != "Map" or 0 < state["MaxConcurrency"] <= 40, f"{where}.{name}"
