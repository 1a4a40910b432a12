"""Checkpoints: how far a job has come in one slice of a stream."""

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.store.table import Item


class Checkpoint(Item, discriminator="checkpoint"):
    """What is durable of one slice of a stream; never covers bytes that are not.

    `position` is where to read on (None before the first page), `parts` the stored parts in order, each
    {"number", "records", "size_bytes"}; what else is known of them is in their fragments. Every write is conditional on
    `version`: of two workers on one slice only the later claimant gets on. `outcome` is set once the slice has
    ended, or while it waits for the vendor: {"status", "reason"}. `schema` is the version of the program's state that
    wrote it last; none before there were versions. `tries` counts the workers that claimed the slice since something
    was last noted of it: one that makes its worker die is known by it.
    """

    PK, SK = "ACCOUNT#{account_id}#JOB#{job_id}", "CHECKPOINT#{stream}#{slice}"

    account_id = UnicodeAttribute()
    job_id = UnicodeAttribute()
    stream = UnicodeAttribute()
    slice = UnicodeAttribute()
    position = JSONAttribute(null=True)
    since = JSONAttribute(null=True)
    parts = JSONAttribute(default=list)
    next_part = NumberAttribute(default=1)
    records = NumberAttribute(default=0)
    seen = NumberAttribute(default=0)
    requests = NumberAttribute(default=0)
    skipped = JSONAttribute(default=list)
    tries = NumberAttribute(default=1)
    done = BooleanAttribute(default=False)
    outcome = JSONAttribute(null=True)
    schema = NumberAttribute(null=True)
