"""Slots: how many jobs run at once, of whom, so that no tenant keeps the others waiting."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from chalicelib.domain import job_status
from chalicelib.errors import RetryableError
from chalicelib.store.jobs import Job
from chalicelib.store.slots import Slot, take
from chalicelib.telemetry import logger

RUNNING_PER_ACCOUNT = 10
RUNNING_PER_PLATFORM = 100
RUNNING_PER_ROOT_AND_PLATFORM = max(1, RUNNING_PER_PLATFORM // 4)


def waits_with(job: Job) -> str | None:
    """Tell the message group in which a job has to wait, None where it may start.

    Two jobs of one connection would be slower than one after the other: the second waits with those of its own
    connection, and holds up nobody else of its account. A job that has its slot already, since whoever started it
    died, waits for nothing.
    """
    running = list(Slot.within(root_account_id=job.root))
    if any(slot.job_id == job.job_id for slot in running):
        return None
    if any(slot.connection_id == job.connection_id for slot in running):
        return str(job.connection_id)
    return str(job.account_id) if _crowded(job, running) or _full(job.platform) else None


def mend(open_jobs: Iterable[Job], now: datetime) -> None:
    """Give a slot to each job that runs without one, and take it from what has ended: each by what its job says."""
    open_by_id = {job.job_id: job for job in open_jobs}
    slots_by_id = {slot.job_id: slot for slot in Slot.indexed("index2", held="SLOT")}
    for job_id in open_by_id.keys() - slots_by_id.keys():
        if open_by_id[job_id].status == "running":
            _counted(open_by_id[job_id], now)
    for job_id in slots_by_id.keys() - open_by_id.keys():
        _freed(slots_by_id[job_id])


def _crowded(job: Job, running: Iterable[Slot]) -> bool:
    """Tell whether the job's account, or its whole tree on the platform, has its share."""
    of_account = sum(slot.account_id == job.account_id for slot in running)
    of_root = sum(slot.platform == job.platform for slot in running)
    return of_account >= RUNNING_PER_ACCOUNT or of_root >= RUNNING_PER_ROOT_AND_PLATFORM


def _full(platform: str) -> bool:
    held = islice(Slot.indexed("index2", held="SLOT", platform=platform), RUNNING_PER_PLATFORM)
    return len(list(held)) >= RUNNING_PER_PLATFORM


def _counted(job: Job, now: datetime) -> None:
    try:
        take(job, now)
    except RetryableError as busy:
        logger.warning("left for the next time", extra={"job_id": job.job_id, "cause": str(busy)})


def _freed(slot: Slot) -> None:
    job = Job.fetch(account_id=slot.account_id, job_id=slot.job_id)
    if job is None or job.status in job_status.ENDED:
        slot.delete()
