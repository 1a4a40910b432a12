"""Sources: what is backed up through a connection."""

from collections.abc import Iterator

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.table import Item


class Source(Item, discriminator="source"):
    """What one connection is backed up as.

    `active_job_id` is the lease: it is set in the transaction that writes the job and cleared by the one that ends
    it. `last_snapshot_id` and `last_manifest` name the newest sealed snapshot that is not known to be damaged, and the
    key of its manifest: the next one is built on it. `settings` may hold {"streams": [...]} to back up only those, and
    {"interval_minutes": n}; `due` is "DUE" while scheduled. `root_account_id` begins the account's tree; a source from
    before that was written gets it with its next job.
    """

    PK, SK = "ACCOUNT#{account_id}", "SOURCE#{source_id}"
    INDEX1 = ("ACCOUNT#{account_id}#CONNECTION#{connection_id}", "SOURCE#{source_id}")
    INDEX2 = ("{due}", "{next_sync_at}#{source_id}")
    INDEX3 = ("ACCOUNT#{root_account_id}#SOURCES", "{source_id}")

    account_id = UnicodeAttribute()
    root_account_id = UnicodeAttribute(null=True)
    source_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    connection_id = UnicodeAttribute()
    platform = UnicodeAttribute()
    name = UnicodeAttribute()
    status = UnicodeAttribute(default="active")
    settings = JSONAttribute(default=dict)
    due = UnicodeAttribute(null=True)
    active_job_id = UnicodeAttribute(null=True)
    last_snapshot_id = UnicodeAttribute(null=True)
    last_manifest = UnicodeAttribute(null=True)
    last_sync_at = UTCDateTimeAttribute(null=True)
    next_sync_at = UTCDateTimeAttribute(null=True)

    @classmethod
    def of_tree(cls, root_account_id: str) -> Iterator["Source"]:
        """Read the sources of a root account and all below it that are not deleted."""
        found = cls.indexed("index3", root_account_id=root_account_id)
        return (source for source in found if source.status != "deleted")
