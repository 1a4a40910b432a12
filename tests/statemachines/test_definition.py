"""The state machine's file, read as data: what it names exists, and what it promises it does everywhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib import errors
from chalicelib.credentials.refresh import LEASE
from infra import processors, steps

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "statemachines" / "backup.asl.json").read_text()
MACHINE = json.loads(TEXT)
AWS = re.compile(r"(Lambda|Runtime|Sandbox|States)\.\w+")


def states(machine: dict[str, Any] = MACHINE) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


TASKS = {name: state for name, state in states() if state["Type"] == "Task"}


@pytest.mark.parametrize("task", TASKS)
def test_every_task_ends_in_time_is_retried_alike_and_is_caught(task: str) -> None:
    state = TASKS[task]

    assert 0 < state["TimeoutSeconds"] <= 930
    assert state["Retry"] == TASKS["Authorize"]["Retry"]
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_f21_a_task_is_retried_for_twice_as_long_as_a_killed_worker_holds_up_a_refresh() -> None:
    """By the mean, since each wait is of a random length up to the longest."""
    retry = TASKS["Authorize"]["Retry"][0]
    longest = [retry["IntervalSeconds"] * retry["BackoffRate"] ** n for n in range(retry["MaxAttempts"])]
    mean = sum(min(seconds, retry["MaxDelaySeconds"]) for seconds in longest) / 2

    assert retry["ErrorEquals"] == ["RetryableError"]
    assert mean > 2 * LEASE.total_seconds()


def test_every_error_that_is_named_is_a_class_of_ours_or_of_aws() -> None:
    named = {error for state in TASKS.values() for retry in state["Retry"] for error in retry["ErrorEquals"]}

    assert {error for error in named if not AWS.fullmatch(error) and not hasattr(errors, error)} == set()
    assert {
        "RetryableError",
        "Runtime.ExitError",
        "Runtime.OutOfMemory",
        "Runtime.Unknown",
        "Sandbox.Timedout",
    } <= named


def test_the_machine_asks_for_no_more_than_the_deployment_gives() -> None:
    wanted = set(re.findall(r"\$\{(\w+)\}", TEXT))
    given = {f"{step.module.title().replace('_', '')}Arn" for step in steps.steps()}

    assert wanted == given | {"ProcessorPrefix"}


def test_every_handler_that_is_deployed_exists() -> None:
    deployed = {function.module for function in [*steps.steps(), *processors.processors()]}

    assert {module for module in deployed if not (ROOT / "processors" / f"{module}.py").exists()} == set()


def test_a_failure_anywhere_ends_in_close() -> None:
    caught = {name: state["Catch"][0]["Next"] for name, state in MACHINE["States"].items() if "Catch" in state}

    assert set(caught.values()) == {"Close", "Unclosed"}
    assert [name for name, following in caught.items() if following == "Unclosed"] == ["Close"]


def test_the_state_carries_no_records() -> None:
    assert "records" not in TEXT.replace("ReadStream", "")
    assert MACHINE["TimeoutSeconds"] < 14 * 86_400, "the workspace is deleted after 14 days"
