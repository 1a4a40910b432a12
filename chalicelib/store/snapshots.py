"""Snapshots: which exist, and where their manifests are."""

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.table import Item


class Snapshot(Item, discriminator="snapshot"):
    """The list entry of a sealed snapshot; its manifest in the archive is the truth.

    Status: complete | partial | suspect. `verified` is True once every object was read back and compared. An item holds
    400 KB at most: what grows with the streams is in the manifest, of reasons and anomalies the first ones are here.
    `contents` says which file contents Verify read again (`backup.covered`).
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
