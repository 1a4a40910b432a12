"""The beginning of a job: the job, its source's lease and the event are written together or not at all."""

from datetime import datetime
from typing import Literal

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.ids import new_id
from chalicelib.store.accounts import root_of
from chalicelib.store.endings import planned_next
from chalicelib.store.jobs import Job
from chalicelib.store.recording import Deed, recorded
from chalicelib.store.sources import Source
from chalicelib.store.table import Item


def new_job(
    source: Source,
    *,
    queue: str,
    now: datetime,
    mode: Literal["full", "incremental"] = "incremental",
    user_id: str | None = None,
    correlation_id: str | None = None,
) -> Job:
    """Make a job that backs up a source; it is not written yet."""
    return Job.new(
        now=now,
        account_id=source.account_id,
        root_account_id=source.root_account_id or root_of(source.account_id),
        job_id=new_id("job", now),
        source_id=source.source_id,
        connection_id=source.connection_id,
        platform=source.platform,
        snapshot_id=new_id("snp", now),
        queue=queue,
        mode=mode,
        user_id=user_id,
        correlation_id=correlation_id,
    )


def begin_job(job: Job, source: Source, *, now: datetime) -> bool:
    """Write a job and lease its source to it; False where the source is leased, changed, deleted or gone meanwhile.

    A source whose time has come is moved to its next time with it, so that no time is taken twice. Raises
    RetryableError where the account's chain of events is too busy.
    """
    actions: list[Action] = [
        Source.active_job_id.set(job.job_id),
        Source.updated_at.set(now),
        Source.version.add(1),
    ]
    planned = source.next_sync_at
    unmoved = Source.next_sync_at == planned if planned else Source.next_sync_at.does_not_exist()
    free = Source.active_job_id.does_not_exist() & Item.pk.exists() & (Source.status != "deleted") & unmoved

    def leased(together: TransactWrite) -> None:
        placed = [*actions, *_rooted(source, job), *planned_next(source, now)]
        together.update(source, actions=placed, condition=free)

    deed = Deed(job.account_id, job.user_id, "sources:sync", job.correlation_id or job.job_id, now)
    return recorded(deed, job.job_id, job.creating(), leased)


def _rooted(source: Source, job: Job) -> list[Action]:
    """Write down the root of a source from before sources had one, so that it counts with its tenant's."""
    if source.root_account_id or not job.root_account_id:
        return []
    placed = Source(root_account_id=job.root_account_id, source_id=source.source_id)
    placed.place("index3")
    return [
        Source.root_account_id.set(job.root_account_id),
        Source.index3_pk.set(placed.index3_pk),
        Source.index3_sk.set(placed.index3_sk),
    ]
