"""Lambdas in processes that can be killed, and a state machine that never gives up on them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.store.jobs import Job
from tests.faults.edge import Edge

ROOT = Path(__file__).parents[2]
NAMES = ("job_id", "account_id", "source_id", "connection_id", "platform", "snapshot_id")
Ended = dict[str, Any]


class Worker:
    """One Lambda sandbox behind its edges."""

    def __init__(self, aws: str, edges: list[Edge]) -> None:
        self._edges = edges
        environment = os.environ | {"AWS_ENDPOINT_URL": aws, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
            text=True,
        )

    def call(self, name: str, event: dict[str, Any], seconds: float = 900) -> Ended:
        """Call a handler; give its {"result"}, its {"error", "message"}, or {"killed"}."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"name": name, "event": event, "seconds": seconds}) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            told: Ended = json.loads(line)
            if "pid" not in told:
                return told
            for edge in self._edges:
                edge.pid = told["pid"]
        raise AssertionError("the worker is gone")

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@dataclass
class Machine:
    """The way of backup.asl.json, walked by hand: whoever crashes or asks for it is called again without end."""

    call: Callable[[str, dict[str, Any]], Ended]

    def run(self, job: Job) -> str:
        """Run a job to its end; give its status."""
        state: dict[str, Any] = {name: getattr(job, name) for name in NAMES}
        processor = f"listbackup-test-processor-{job.platform}"
        self._step("listbackup-test-authorize", state)
        for plan, step in (("listbackup-test-plan", "ReadStream"), ("listbackup-test-plan-files", "CopyFiles")):
            while not (planned := self._step(plan, state))["done"]:
                for lane in planned["lanes"]:
                    self._loop(processor, state | lane | {"step": step})
        self._step("listbackup-test-seal", state)
        self._verify(state)
        return str(self._step("listbackup-test-close", state)["status"])

    def _verify(self, state: dict[str, Any]) -> None:
        came = self._step("listbackup-test-verify", state)
        while not came.get("done", True):
            came = self._step("listbackup-test-verify", state | {"verification": came})

    def _loop(self, name: str, event: dict[str, Any]) -> None:
        while not self._step(name, event)["done"]:
            pass

    def _step(self, name: str, event: dict[str, Any]) -> Any:
        while True:
            ended = self.call(name, event)
            if "result" in ended:
                return ended["result"]
            assert "killed" in ended or ended["error"] == "RetryableError", ended
