"""Snapshots: which exist, and where their manifests are."""

from typing import Self

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.table import Item

DAMAGED = "damaged"
DAMAGED_CONTENT = "damaged_content"


class Snapshot(Item, discriminator="snapshot"):
    """The list entry of a sealed snapshot; its manifest in the archive is the truth.

    Status: complete | partial | suspect. `verified` is True once every object was read back and compared, of it and of
    all that it stands on. An item holds 400 KB at most: what grows with the streams is in the manifest, of reasons and
    anomalies the first ones are here. `contents` says which file contents Verify read again (`backup.covered`).
    """

    PK, SK = "ACCOUNT#{account_id}", "SNAPSHOT#{source_id}#{snapshot_id}"

    account_id = UnicodeAttribute()
    source_id = UnicodeAttribute()
    snapshot_id = UnicodeAttribute()
    job_id = UnicodeAttribute()
    platform = UnicodeAttribute()
    status = UnicodeAttribute()
    reasons = JSONAttribute(default=list)
    anomalies = JSONAttribute(default=list)
    verified = BooleanAttribute(default=False)
    contents = JSONAttribute(null=True)
    verified_at = UTCDateTimeAttribute(null=True)
    taken_at = UTCDateTimeAttribute()
    previous_id = UnicodeAttribute(null=True)
    manifest = UnicodeAttribute()
    manifest_sha256 = UnicodeAttribute()
    records = NumberAttribute(default=0)
    stored_bytes = NumberAttribute(default=0)

    def previous(self) -> Self | None:
        """Read the snapshot that this one was built on; None where it is the first."""
        if not self.previous_id:
            return None
        return self.fetch(account_id=self.account_id, source_id=self.source_id, snapshot_id=self.previous_id)

    def tells_of(self, what: str) -> bool:
        """Tell whether an anomaly of that name is known of it."""
        return any(anomaly["what"] == what for anomaly in self.anomalies)
