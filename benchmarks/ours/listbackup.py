"""ListBackup as a contender: a job of the shipped state machine, through the real handlers, to a verified snapshot."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from benchmarks.contender import Outcome, Stored, Task
from benchmarks.measuring import ROOT, run
from benchmarks.ours.cloud import Cloud, cloud
from benchmarks.ours.kept import Kept
from benchmarks.provider.config import Knobs
from benchmarks.provider.records import index_of

PATIENCE = 0.1  # of what the state machine waits before it tries again: its waits are minutes


@dataclass(frozen=True, slots=True)
class Source:
    """A connected source on a local AWS; each `back_up` is one job of it."""

    cloud: Cloud
    kept: Kept
    scratch: Path
    endpoint: str | None = None

    def new_job(self) -> dict[str, str]:
        """Ask for a backup."""
        ids = self.kept.ids
        return _seeded(self.cloud, "job", ids["account_id"], ids["source_id"], ids["connection_id"])

    def through(self, endpoint: str) -> Self:
        """Give the same source, reached through a proxy."""
        return replace(self, endpoint=endpoint)

    def command(self, job: dict[str, str], *, workers: int = 1, rate: float = 0.0) -> list[str | Path]:
        """Give the command that runs a job, or runs it again."""
        place = self.scratch / f"{job['job_id']}.json"
        task = {"run": job, "workers": workers, "rate": rate, "patience": PATIENCE}
        task["report"] = str(self._report(job))
        place.write_text(json.dumps(task))
        return [sys.executable, "-m", "benchmarks.ours.backup", place]

    def back_up(self, job: dict[str, str], task: Task, *, workers: int = 1) -> Outcome:
        """Run a job to its end; what it stored is checked against the provider byte by byte."""
        usage = run(
            self.command(job, workers=workers, rate=task.rate),
            env=self.cloud.environment(self.endpoint),
            timeout_seconds=task.timeout_seconds,
        )
        report: dict[str, Any] = json.loads(self._report(job).read_text()) if self._report(job).exists() else {}
        return Outcome(usage, self.stored(job, task.provider.knobs), report)

    def stored(self, job: dict[str, str], knobs: Knobs) -> Stored:
        """Read a snapshot's own records back; each line has to be what the vendor sent, first or changed."""
        snapshot, shape = job["snapshot_id"], knobs.shape
        ids: dict[str, list[str]] = {}
        altered = 0
        for stream, line in self.kept.lines(snapshot):
            identifier = str(json.loads(line).get("id"))
            ids.setdefault(stream, []).append(identifier)
            known = (shape.record(stream, index_of(identifier), version) for version in (0, 1))
            altered += line not in known
        return Stored(ids, sum(self.kept.objects(snapshot).values()), self._reported(job), altered)

    def _reported(self, job: dict[str, str]) -> tuple[str, ...]:
        """Say what an operator sees: anything but a completed job with a complete, verified snapshot."""
        ended = self.kept.item(f"JOB#{job['job_id']}") or {}
        sealed = self.kept.item(f"SNAPSHOT#{job['source_id']}#{job['snapshot_id']}") or {}
        status, snapshot = ended.get("status", {}).get("S"), sealed.get("status", {}).get("S")
        checks = {
            f"job {status}: {ended.get('error', {}).get('S')}": status == "completed",
            f"snapshot {snapshot}: {sealed.get('reasons', {}).get('S')}": snapshot == "complete",
            "snapshot not verified": sealed.get("verified", {}).get("BOOL", False),
        }
        return tuple(wrong for wrong, holds in checks.items() if not holds)

    def _report(self, job: dict[str, str]) -> Path:
        return self.scratch / f"{job['job_id']}.report.json"


@dataclass(frozen=True, slots=True)
class ListBackup:
    """One backup of a new source on a new local AWS."""

    workers: int = 1
    tool: str = "listbackup"
    variant: str = field(default="default")

    def read(self, task: Task, scratch: Path) -> Outcome:
        """Back the provider up once."""
        with source(task, scratch) as found:
            return found.back_up(found.new_job(), task, workers=self.workers)


@contextmanager
def source(task: Task, scratch: Path) -> Iterator[Source]:
    """Give a source of the provider's streams while the block lasts."""
    with cloud(scratch) as found:
        ids = _seeded(found, "deployment", task.provider.url, *task.streams)
        yield Source(found, Kept(found, ids), scratch)


def _seeded(found: Cloud, *words: str) -> dict[str, str]:
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.ours.seed", *words],
        cwd=ROOT, env={**os.environ, **found.environment()}, stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    ids: dict[str, str] = json.loads(finished.stdout)
    return ids
