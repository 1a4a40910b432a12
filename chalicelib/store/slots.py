"""Slots: which jobs run, counted by the tenant at the root of their account's tree and by platform."""

from datetime import datetime
from typing import Self

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import TransactWriteError

from chalicelib.domain import job_status
from chalicelib.errors import RetryableError
from chalicelib.store.jobs import Job
from chalicelib.store.table import Item, Write, transaction

_UNMET = "ConditionalCheckFailed"
_PASSING = {_UNMET, "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class Slot(Item, discriminator="slot"):
    """The place that one running job takes; its key follows from the job. `held` is always "SLOT".

    It is written only while the job has not ended, and removed in the transaction that ends the job.
    """

    PK, SK = "ACCOUNT#{root_account_id}#SLOTS", "{platform}#{job_id}"
    INDEX2 = ("{held}", "{platform}#{job_id}")

    root_account_id = UnicodeAttribute()
    platform = UnicodeAttribute()
    job_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    connection_id = UnicodeAttribute()
    held = UnicodeAttribute(default="SLOT")

    @classmethod
    def of(cls, job: Job, now: datetime) -> Self:
        """Make the slot of a job; it is not written yet."""
        names = ("platform", "job_id", "account_id", "connection_id")
        facts = {name: getattr(job, name) for name in names}
        return cls.new(now=now, root_account_id=job.root, **facts)


def take(job: Job, now: datetime) -> bool:
    """Write a job's slot, once or again; False where the job has ended.

    Raises RetryableError where others interfere.
    """
    slot, going = Slot.of(job, now), sorted(set(job_status.MOVES) - job_status.ENDED)
    try:
        with transaction() as together:
            together.condition_check(Job, job.pk, job.sk, condition=Job.status.is_in(*going))
            together.save(slot)
    except TransactWriteError as refused:
        codes = {reason.code for reason in refused.cancellation_reasons if reason is not None}
        if codes == {_UNMET}:
            return False
        if not codes or codes - _PASSING:
            raise
        raise RetryableError(f"the slot of job {job.job_id} could not be taken; try again") from refused
    return True


def freeing(job: Job, now: datetime) -> Write:
    """Say to the transaction that ends a job that its slot is free, if it has one."""
    slot = Slot.of(job, now)
    return lambda together: together.delete(slot)
