"""Jobs: requests to do something to a source once."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.table import Item


class Job(Item, discriminator="job"):
    """A request to back up one source once.

    `status` moves only as `domain.job_status` allows, each move conditional on the old one. `open` is "OPEN" until the
    job has ended, which keeps it in the sweeper's index. `resent` counts how often its message was sent anew; messages
    from before that count for nothing. `root_account_id` begins the account's tree: the tenant that is counted.
    """

    PK, SK = "ACCOUNT#{account_id}", "JOB#{job_id}"
    INDEX1 = ("ACCOUNT#{account_id}#SOURCE#{source_id}", "JOB#{job_id}")
    INDEX2 = ("{open}", "{job_id}")

    account_id = UnicodeAttribute()
    root_account_id = UnicodeAttribute(null=True)
    job_id = UnicodeAttribute()
    source_id = UnicodeAttribute()
    connection_id = UnicodeAttribute()
    platform = UnicodeAttribute()
    snapshot_id = UnicodeAttribute()
    user_id = UnicodeAttribute(null=True)
    type = UnicodeAttribute(default="backup")
    mode = UnicodeAttribute(default="incremental")
    queue = UnicodeAttribute(default="sync")
    status = UnicodeAttribute(default="pending")
    open = UnicodeAttribute(null=True, default="OPEN")
    resent = NumberAttribute(default=0)
    started_at = UTCDateTimeAttribute(null=True)
    completed_at = UTCDateTimeAttribute(null=True)
    correlation_id = UnicodeAttribute(null=True)
    error = JSONAttribute(null=True)
    result = JSONAttribute(null=True)

    @property
    def root(self) -> str:
        """Name the tenant the job is counted with; a job from before that was written counts with its account."""
        return str(self.root_account_id or self.account_id)
