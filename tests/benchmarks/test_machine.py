import json
from copy import deepcopy
from typing import Any

import pytest

from benchmarks.measuring import ROOT
from benchmarks.ours.backup import ARNS
from benchmarks.ours.machine import Machine, MachineFailedError, TaskFailedError

SHIPPED = json.loads((ROOT / "statemachines" / "backup.asl.json").read_text())
RUN = {
    "job_id": "job_1", "account_id": "acc_1", "source_id": "src_1", "connection_id": "con_1",
    "snapshot_id": "snp_1", "platform": "stripe",
}  # fmt: skip
DONE = {"done": True, "wait_seconds": 0, "turns": 2, "lanes": []}
ANSWERS: dict[str, Any] = {
    "authorize": None,
    "plan": [DONE | {"done": False, "turns": 1, "lanes": [{"level": 0, "lane": 0}, {"level": 0, "lane": 1}]}, DONE],
    "plan_files": DONE,
    "stripe": {"done": True, "wait_seconds": 0, "turns": 1},
    "seal": None,
    "verify": {"done": True, "turns": 1, "next": None},
    "close": {"status": "completed"},
}


class Handlers:
    """Plays the Lambdas; `failing` maps a name to its first calls' errors. Of several answers each is given once."""

    def __init__(self, failing: dict[str, list[str]] | None = None, **answers: Any) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._failing = failing or {}
        self._answers = deepcopy(ANSWERS) | answers

    def __call__(self, arn: str, event: Any) -> Any:
        name = arn.removeprefix("${ProcessorPrefix}-")
        self.calls.append((name, event))
        if self._failing.get(name):
            raise TaskFailedError(self._failing[name].pop(0), "as told")
        answer = self._answers[name]
        return answer.pop(0) if isinstance(answer, list) else answer

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


def executed(handlers: Handlers) -> Machine:
    machine = Machine(SHIPPED, ARNS, handlers, parallel=1, patience=0)
    machine.run(RUN)
    return machine


def test_the_shipped_machine_runs_from_authorize_to_close() -> None:
    handlers = Handlers()

    executed(handlers)

    assert handlers.names == ["authorize", "plan", "stripe", "stripe", "plan", "plan_files", "seal", "verify", "close"]


def test_a_worker_is_told_its_step_its_job_and_its_lane() -> None:
    handlers = Handlers()

    executed(handlers)

    assert handlers.calls[3][1] == RUN | {"step": "ReadStream", "level": 0, "lane": 1}


def test_a_retryable_error_is_tried_again() -> None:
    handlers = Handlers({"stripe": ["RetryableError", "RetryableError"]})

    machine = executed(handlers)

    assert handlers.names.count("stripe") == 4
    assert machine.transitions > executed(Handlers()).transitions


def test_a_worker_that_fails_does_not_stop_the_others() -> None:
    handlers = Handlers({"stripe": ["TypeError"]})

    executed(handlers)

    assert handlers.names[-3:] == ["seal", "verify", "close"]
    second_plan = [event for name, event in handlers.calls if name == "plan"][1]
    assert second_plan["reads"] == [{"level": 0, "lane": 0, "error": "TypeError"}, {}]


def test_a_seal_that_fails_ends_in_close() -> None:
    handlers = Handlers({"seal": ["FatalError"]}, close={"status": "failed"})

    with pytest.raises(MachineFailedError, match="JobFailed"):
        executed(handlers)

    assert handlers.calls[-1][1]["failure"] == {"Error": "FatalError", "Cause": "as told"}
