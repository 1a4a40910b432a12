"""Run one job's state machine over the real handlers: this process and its workers are what is measured of ours.

`python -m benchmarks.ours.backup TASK`, where the task is a JSON file {"run", "workers", "rate", "patience", "report"}.
One worker runs the handlers in this process; several each are a process of their own, as Lambdas are.
"""

import importlib
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT
from benchmarks.ours.machine import Json, Machine, MachineFailedError, TaskFailedError
from chalicelib.backup.rounds import ReadingTask
from chalicelib.connectors.stripe import STRIPE
from processors.runtime import processor, step

ARNS = {
    "${AuthorizeArn}": "authorize",
    "${PlanArn}": "plan",
    "${PlanFilesArn}": "plan_files",
    "${SealArn}": "seal",
    "${VerifyArn}": "verify",
    "${CloseArn}": "close",
}
DEADLINE_SECONDS = 900
MEMORY_MIB = 512
UNLIMITED = 1_000  # requests a second: more than one core ever asks


@dataclass(frozen=True, slots=True)
class Context:
    """As much of a Lambda's context as our handlers look at."""

    began: float
    function_name: str
    memory_limit_in_mb: int = MEMORY_MIB
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:bench"
    aws_request_id: str = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Count down from the deadline."""
        return int((DEADLINE_SECONDS - (time.monotonic() - self.began)) * 1000)


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a handler: its answer, or its error's name and message, and what it took."""

    name: str
    answer: Json
    error: str
    message: str
    seconds: float
    cpu_seconds: float


def call(name: str, event: Json) -> Called:
    """Call one handler as the Lambda runtime does: any error becomes a name and a message."""
    handler = importlib.import_module(f"processors.{name}").handler
    answer, error, message = None, "", ""
    began, cpu = time.monotonic(), time.process_time()
    try:
        answer = handler(event, Context(began, name))
    except Exception as failed:  # noqa: BLE001 (whatever a handler raises is the state machine's to judge)
        error, message = type(failed).__name__, str(failed)
    return Called(name, answer, error, message, time.monotonic() - began, time.process_time() - cpu)


def prepare(rate: float) -> None:
    """Import all handlers; Stripe's is made of facts in which `rate` requests a second are the limit (0: none is)."""
    for name in [*ARNS.values(), "stripe"]:
        importlib.import_module(f"processors.{name}")
    limits = {name: replace(limit, requests=rate or UNLIMITED, seconds=1) for name, limit in STRIPE.limits.items()}
    limited = replace(STRIPE, limits=limits)
    plan: Any = importlib.import_module("processors.plan")
    stripe: Any = importlib.import_module("processors.stripe")
    plan.handler = step(plan.work, ReadingTask, lambda _platform: limited)
    stripe.handler = processor(limited)


def main(task: dict[str, Any]) -> None:
    """Run the job, and write what happened into the task's report."""
    prepare(task["rate"])
    calls: list[Called] = []
    pool = ProcessPoolExecutor(task["workers"], mp_context=get_context("fork")) if task["workers"] > 1 else None

    def invoke(arn: str, event: Json) -> Json:
        name = arn.removeprefix("${ProcessorPrefix}-")
        called = pool.submit(call, name, event).result() if pool else call(name, event)
        calls.append(called)
        if called.error:
            raise TaskFailedError(called.error, called.message)
        return called.answer

    definition = json.loads((ROOT / "statemachines" / "backup.asl.json").read_text())
    machine = Machine(definition, ARNS, invoke, parallel=task["workers"], patience=task["patience"])
    failed = ""
    try:
        machine.run(task["run"])
    except MachineFailedError as ended:
        failed = str(ended)
    report = {"failed": failed, "transitions": machine.transitions, "calls": [asdict(one) for one in calls]}
    Path(task["report"]).write_text(json.dumps(report))
    if pool:
        pool.shutdown()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
