"""The end of a job: its status, slot, source's lease and latest snapshot, and the event change together, or nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain import job_status
from chalicelib.domain.schedule import next_sync
from chalicelib.errors import RetryableError
from chalicelib.store import slots
from chalicelib.store.jobs import Job
from chalicelib.store.recording import Deed, recorded
from chalicelib.store.snapshots import DAMAGED, Snapshot
from chalicelib.store.sources import Source
from chalicelib.store.table import Write

Ending = Literal["completed", "partial", "failed", "cancelled"]
TRIES = 5


def end_job(
    job: Job,
    status: Ending,
    *,
    now: datetime,
    deed: Deed | None = None,
    error: Mapping[str, Any] | None = None,
    result: Mapping[str, Any] | None = None,
) -> bool:
    """End a job and free its source, once; False where the job had ended already (its source is then free, too).

    A snapshot that the job has sealed becomes the source's latest whatever the job's status: it exists, and the next
    one builds on it; where Verify found it damaged, or what it stands on, the newest one before the damage does.
    Without a `deed` the job ends by itself.
    Raises RetryableError where other writers keep getting in the way.
    """
    told = deed or Deed(job.account_id, None, "jobs:end", job.correlation_id or job.job_id, now)
    for _ in range(TRIES):
        kept = Job.fetch(account_id=job.account_id, job_id=job.job_id)
        if kept is None or kept.status in job_status.ENDED:
            return False
        if _ended(kept, _ending(status, now, error, result), status, told):
            return True
    raise RetryableError(f"job {job.job_id} could not be ended: its items keep changing; try again")


def _ended(job: Job, actions: list[Action], status: Ending, deed: Deed) -> bool:
    def ended(together: TransactWrite) -> None:
        together.update(job, actions=actions, condition=Job.status.is_in(*sorted(job_status.before(status))))

    freed = (slots.freeing(job, deed.now), *_freeing(job, deed.now))
    return recorded(deed, job.job_id, ended, *freed, details={"status": status})


def _freeing(job: Job, now: datetime) -> list[Write]:
    """Say what frees the job's source, if that is still the job's."""
    source = Source.fetch(account_id=job.account_id, source_id=job.source_id)
    if source is None or source.active_job_id != job.job_id:
        return []
    actions, unchanged = _freed(source, job, now), _leased_as_read(source)
    return [lambda together: together.update(source, actions=actions, condition=unchanged)]


def _ending(
    status: Ending, now: datetime, error: Mapping[str, Any] | None, result: Mapping[str, Any] | None
) -> list[Action]:
    actions: list[Action] = [
        Job.status.set(status),
        Job.completed_at.set(now),
        Job.updated_at.set(now),
        Job.version.add(1),
        Job.open.remove(),
        Job.index2_pk.remove(),
        Job.index2_sk.remove(),
    ]
    if error is not None:
        actions.append(Job.error.set(dict(error)))
    if result is not None:
        actions.append(Job.result.set(dict(result)))
    return actions


def _leased_as_read(source: Source) -> Any:  # noqa: ANN401  pynamodb's conditions have no public base
    planned = source.next_sync_at
    unmoved = Source.next_sync_at == planned if planned else Source.next_sync_at.does_not_exist()
    return (Source.active_job_id == source.active_job_id) & unmoved


def _freed(source: Source, job: Job, now: datetime) -> list[Action]:
    actions: list[Action] = [
        Source.active_job_id.remove(),
        Source.last_sync_at.set(now),
        Source.updated_at.set(now),
        Source.version.add(1),
    ]
    snapshot = Snapshot.fetch(account_id=job.account_id, source_id=job.source_id, snapshot_id=job.snapshot_id)
    if snapshot is not None:
        actions += _latest(snapshot)
    return actions + planned_next(source, now)


def _latest(snapshot: Snapshot) -> list[Action]:
    sound: Snapshot | None = snapshot
    while sound is not None and sound.tells_of(DAMAGED):
        sound = sound.previous()
    if sound is None:
        return [Source.last_snapshot_id.remove(), Source.last_manifest.remove()]
    return [Source.last_snapshot_id.set(sound.snapshot_id), Source.last_manifest.set(sound.manifest)]


def planned_next(source: Source, now: datetime) -> list[Action]:
    """Move a source whose time has come to its next time, or off the schedule where it has no rhythm (any more)."""
    if source.due is None or (source.next_sync_at is not None and source.next_sync_at > now):
        return []
    due = next_sync(source.settings, source.next_sync_at, now)
    if due is None:
        ended = (Source.due, Source.next_sync_at, Source.index2_pk, Source.index2_sk)
        return [attribute.remove() for attribute in ended]
    moved = Source(**{name: source.attribute_values[name] for name in ("source_id", "due")}, next_sync_at=due)
    moved.place("index2")
    return [
        Source.next_sync_at.set(due),
        Source.index2_pk.set(moved.index2_pk),
        Source.index2_sk.set(moved.index2_sk),
    ]
