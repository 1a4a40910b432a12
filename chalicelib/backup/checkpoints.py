"""How far a slice has come, kept so that of two workers on it only the later one gets on."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pynamodb.exceptions import PutError

from chalicelib.backup.run import Run, SliceTask
from chalicelib.backup.versions import UNVERSIONED, VERSION, readable
from chalicelib.errors import CancelledError, ConflictError, LostLeaseError
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.store.jobs import Job

LONGEST_JOB = timedelta(days=6)


def claim(task: SliceTask, now: datetime) -> Checkpoint:
    """Take over a slice where it stands; whoever worked on it before can no longer move it."""
    keys = {"account_id": task.account_id, "job_id": task.job_id, "stream": task.stream, "slice": task.slice}
    begun = _begun(keys, now) if task.tries == 0 else None
    return begun or _taken_over(keys, now)


def advance(checkpoint: Checkpoint, now: datetime, **fields: Any) -> None:  # noqa: ANN401  the item's own attributes
    """Write how far a slice has come; raises LostLeaseError where another worker has taken it over."""
    try:
        checkpoint.change(now=now, schema=VERSION, **fields)
    except ConflictError as moved:
        raise LostLeaseError("another worker has taken over this slice") from moved


def fail(checkpoint: Checkpoint, status: str, reason: str, now: datetime) -> None:
    """End a slice before its end, saying why."""
    advance(checkpoint, now, done=True, outcome={"status": status, "reason": reason})


def give_up(slices: Iterable[SliceTask], reason: str, now: datetime) -> None:
    """End what has not ended of some slices as failed; one that another worker has is that worker's to end."""
    for one in slices:
        with suppress(LostLeaseError):
            checkpoint = claim(one, now)
            if not checkpoint.done:
                fail(checkpoint, "failed", reason, now)


def running(run: Run) -> Job:
    """Give the run's job; raises CancelledError where it has ended or is gone: nothing more is written for it then."""
    job = Job.fetch(account_id=run.account_id, job_id=run.job_id)
    if job is None or job.status != "running" or job.snapshot_id != run.snapshot_id:
        raise CancelledError(f"job {run.job_id} is not running (any more)")
    return job


def overdue(job: Job, now: datetime) -> bool:
    """Tell whether a job has to be sealed with what it has: its execution's own end, a day later, would lose that."""
    return job.started_at is not None and now - job.started_at > LONGEST_JOB


def left_of(run: Run, lane: Iterable[tuple[str, str]]) -> list[SliceTask]:
    """List what is left of a lane, those last that were begun most often without getting anywhere."""
    found = of_job(run)
    names = {name: getattr(run, name) for name in Run.__struct_fields__}
    left = [
        SliceTask(**names, stream=stream, slice=name, tries=int(known.tries) if known else 0)
        for stream, name in lane
        if not ((known := found.get((stream, name))) and known.done)
    ]
    return sorted(left, key=lambda one: one.tries)


def of_job(run: Run) -> Mapping[tuple[str, str], Checkpoint]:
    """Read all checkpoints of a job by stream and slice."""
    found = Checkpoint.within(account_id=run.account_id, job_id=run.job_id)
    return {(checkpoint.stream, checkpoint.slice): _readable(checkpoint) for checkpoint in found}


def _begun(keys: Mapping[str, str], now: datetime) -> Checkpoint | None:
    checkpoint = Checkpoint.new(now=now, schema=VERSION, **keys)
    try:
        checkpoint.create()
    except PutError as taken:
        if taken.cause_response_code != "ConditionalCheckFailedException":
            raise
        return None
    return checkpoint


def _taken_over(keys: Mapping[str, str], now: datetime) -> Checkpoint:
    checkpoint = Checkpoint.fetch(**keys)
    if checkpoint is None:
        raise LostLeaseError("this slice was never begun, or its job is gone")
    if not _readable(checkpoint).done:
        advance(checkpoint, now, tries=checkpoint.tries + 1)
    return checkpoint


def _readable(checkpoint: Checkpoint) -> Checkpoint:
    readable(int(checkpoint.schema or UNVERSIONED), f"the checkpoint of {checkpoint.stream} {checkpoint.slice}")
    return checkpoint
