"""Jobs: what was asked for, how far it has come, and stopping it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.aws.executions import Executions
from chalicelib.errors import ConflictError, NotFoundError
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.store.endings import end_job
from chalicelib.store.jobs import Job
from chalicelib.store.recording import Deed


@dataclass(frozen=True, slots=True)
class StreamProgress:
    """How far one stream has come, over all its slices; `done` once every slice that has begun has ended."""

    stream: str
    records: int
    seen: int
    parts: int
    stored_bytes: int
    requests: int
    skipped: int
    done: bool
    problems: Sequence[str]


def get(account_id: str, job_id: str) -> Job:
    """Find a job of the account; raises NotFoundError."""
    found = Job.fetch(account_id=account_id, job_id=job_id)
    if found is None:
        raise NotFoundError("there is no such job")
    return found


def listed(account_id: str, after: str | None, status: str | None, source_id: str | None) -> Iterator[Job]:
    """Read the account's jobs, or one source's, newest first."""
    found = _of_source(account_id, source_id, after) if source_id else _of_account(account_id, after)
    return (job for job in found if status in (None, job.status))


def progress(job: Job) -> list[StreamProgress]:
    """Add up the job's checkpoints per stream."""
    slices: dict[str, list[Checkpoint]] = defaultdict(list)
    for checkpoint in Checkpoint.within(account_id=job.account_id, job_id=job.job_id):
        slices[checkpoint.stream].append(checkpoint)
    return [_summed(stream, slices[stream]) for stream in sorted(slices)]


def cancel(job: Job, executions: Executions, deed: Deed) -> Job:
    """End a job, free its source, and stop its execution; raises ConflictError where it has ended already."""
    if not stop(job, executions, deed):
        raise ConflictError("the job has ended; there is nothing to cancel")
    return get(job.account_id, job.job_id)


def stop(job: Job, executions: Executions, deed: Deed) -> bool:
    """End a job as cancelled, if it has not ended, and stop its execution; False where it had ended."""
    ended = end_job(job, "cancelled", now=deed.now, deed=deed)
    if ended:
        executions.stop(job.job_id, "cancelled by its owner")
    return ended


def _of_account(account_id: str, after: str | None) -> Iterator[Job]:
    begun = Job.SK.format(job_id=after) if after else None
    return Job.within(account_id=account_id, backwards=True, after=begun)


def _of_source(account_id: str, source_id: str, after: str | None) -> Iterator[Job]:
    begun = {"job_id": after} if after else None
    return Job.indexed("index1", backwards=True, after=begun, account_id=account_id, source_id=source_id)


def _summed(stream: str, slices: Sequence[Checkpoint]) -> StreamProgress:
    outcomes: list[Mapping[str, str]] = [one.outcome for one in slices if one.outcome]
    return StreamProgress(
        stream=stream,
        records=sum(int(one.records) for one in slices),
        seen=sum(int(one.seen) for one in slices),
        parts=sum(len(one.parts) for one in slices),
        stored_bytes=sum(int(part["size_bytes"]) for one in slices for part in one.parts),
        requests=sum(int(one.requests) for one in slices),
        skipped=sum(len(one.skipped) for one in slices),
        done=all(one.done for one in slices),
        problems=[str(outcome["reason"]) for outcome in outcomes if outcome.get("reason")],
    )
