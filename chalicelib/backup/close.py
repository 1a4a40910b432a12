"""Close a job: end it as what came of it says, free its source, tell whoever wants to know."""

import json
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from chalicelib import errors
from chalicelib.backup.means import Means
from chalicelib.backup.run import Run
from chalicelib.domain import job_status
from chalicelib.errors import CancelledError
from chalicelib.store.connections import Connection
from chalicelib.store.endings import Ending, end_job
from chalicelib.store.jobs import Job
from chalicelib.store.snapshots import Snapshot
from chalicelib.telemetry import count

MOST_REASONS = 20
LONGEST_MESSAGE = 1_000
MEANT_FOR_PEOPLE = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.AppError)
}
_AGAIN = "sync again, and if it ends like this again, give support the job's id"
OF_OURS = f"a step failed for a reason of ours, not the platform's; {_AGAIN}"
_KILLED = f"a worker was ended each time that it tried, mostly for want of memory; {_AGAIN}"
_TOO_LONG = f"a step took longer than it may, each time that it was tried; {_AGAIN}"
OF_AWS = {
    "Runtime.ExitError": _KILLED,
    "Runtime.OutOfMemory": _KILLED,
    "Sandbox.Timedout": _TOO_LONG,
    "States.Timeout": _TOO_LONG,
}


class Failure(msgspec.Struct, frozen=True, rename="pascal"):
    """What ended an execution early, as Step Functions tells it."""

    error: str = "Unknown"
    cause: str = ""


class CloseTask(Run, frozen=True, kw_only=True):
    """A run that has come to its end, or to a `failure`."""

    failure: Failure | None = None


def close(task: CloseTask, means: Means) -> dict[str, str]:
    """End the job and give its status; a repeat changes nothing and tells the same again, under the same id."""
    job = Job.fetch(account_id=task.account_id, job_id=task.job_id)
    if job is None:
        return {"status": "cancelled"}
    if job.status not in job_status.ENDED:
        job = _ended(task, job, means)
    _tell(task, job, means)
    return {"status": job.status}


def ending_of(failure: Failure | None, snapshot: Snapshot | None) -> Ending:
    """Decide what a job has come to: completed only with a snapshot that is complete and was read back."""
    if failure is not None and failure.error == CancelledError.__name__:
        return "cancelled"
    if snapshot is None:
        return "failed"
    whole = failure is None and snapshot.status == "complete" and snapshot.verified
    return "completed" if whole else "partial"


def error_of(failure: Failure | None) -> dict[str, str] | None:
    """Name what failed, for people: our errors by their own message, and what AWS says of a step in our words."""
    if failure is None:
        return None
    message = _message(failure) if failure.error in MEANT_FOR_PEOPLE else OF_AWS.get(failure.error, OF_OURS)
    return {"type": failure.error, "message": message[:LONGEST_MESSAGE]}


def _message(failure: Failure) -> str:
    """Read an error's own message, without the trace around it."""
    try:
        told: Any = json.loads(failure.cause)
    except ValueError:
        told = None
    return str((told.get("errorMessage") if isinstance(told, dict) else None) or OF_OURS)


def _ended(task: CloseTask, job: Job, means: Means) -> Job:
    snapshot = Snapshot.fetch(account_id=task.account_id, source_id=task.source_id, snapshot_id=task.snapshot_id)
    status, error = ending_of(task.failure, snapshot), error_of(task.failure)
    if end_job(job, status, now=means.clock.now(), error=error, result=_result(snapshot)):
        for ending in get_args(Ending):
            count(f"Jobs{ending.title()}", ending == status)
    return Job.fetch(account_id=task.account_id, job_id=task.job_id) or job


def _result(snapshot: Snapshot | None) -> Mapping[str, Any] | None:
    if snapshot is None:
        return None
    return {
        "snapshot_id": snapshot.snapshot_id,
        "status": snapshot.status,
        "verified": snapshot.verified,
        "records": int(snapshot.records),
        "stored_bytes": int(snapshot.stored_bytes),
        "reasons": list(snapshot.reasons)[:MOST_REASONS],
    }


def _tell(task: CloseTask, job: Job, means: Means) -> None:
    names = ("account_id", "source_id", "connection_id", "job_id", "snapshot_id", "platform")
    detail: dict[str, Any] = {name: getattr(task, name) for name in names}
    now = means.clock.now()
    ended = {"id": f"{job.job_id}-ended", "status": job.status, "error": job.error, "result": job.result}
    means.events.tell("job.ended", detail | ended, at=now)
    connection = Connection.fetch(account_id=task.account_id, connection_id=task.connection_id)
    if connection is not None and connection.status == "expired":
        expired = {"id": f"{job.job_id}-expired", "reason": connection.status_reason}
        means.events.tell("connection.expired", detail | expired, at=now)
