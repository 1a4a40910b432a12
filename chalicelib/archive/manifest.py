"""The manifest: what a snapshot consists of. It is written last; before it the snapshot does not exist.

Keys in it are relative to the source's root (`layout.source_root`), so that an archive can be moved as a whole.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from chalicelib.archive.layout import MANIFEST
from chalicelib.errors import FatalError

FORMAT = "listbackup-snapshot/1"

SnapshotStatus = Literal["complete", "partial", "suspect"]
StreamStatus = Literal["complete", "partial", "forbidden", "failed", "not_started", "not_selected"]


class Ref(Struct, frozen=True, kw_only=True):
    """One object of the archive: its key below the source's root, and what its bytes must be."""

    key: str
    sha256: str
    size_bytes: int


class PartRef(Ref, frozen=True, kw_only=True):
    """A part: `lines` records in `raw_bytes` of JSON Lines once decompressed."""

    lines: int
    raw_bytes: int


class IndexRef(Ref, frozen=True, kw_only=True):
    """An index object: the versions of the snapshots `since` to `until`, `raw_bytes` of SQLite once decompressed."""

    rows: int
    raw_bytes: int
    since: str
    until: str


class SkippedRef(Struct, frozen=True, omit_defaults=True):
    """One record or file that could not be had: its key where known, and why; `there` says that the vendor has it."""

    key: str | None
    reason: str
    there: bool = False


class Previous(Struct, frozen=True, kw_only=True):
    """The snapshot before this one, and what the bytes of its manifest were."""

    snapshot: str
    key: str
    sha256: str


class StreamManifest(Struct, frozen=True, kw_only=True):
    """One stream of a snapshot.

    `live` is how many records it has as of the snapshot: the previous `live` + `added` - `deleted`. `lines` is what the
    parts hold: `added` + `changed` + `superseded`. `chain` are the indexes that give the state, oldest first.
    """

    status: StreamStatus
    reason: str | None = None
    key_path: str
    cursor_path: str | None = None
    children_of: str | None = None
    children_keyed: bool = False
    grouped: bool = False
    since: Any = None
    live: int = 0
    previous_live: int = 0
    lines: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    duplicates: int = 0
    superseded: int = 0
    quarantined: int = 0
    skipped: list[SkippedRef] = field(default_factory=list)
    parts: list[PartRef] = field(default_factory=list)
    quarantine: list[PartRef] = field(default_factory=list)
    deletions: PartRef | None = None
    index: IndexRef | None = None
    merged: IndexRef | None = None
    chain: list[IndexRef] = field(default_factory=list)

    @property
    def under_parents(self) -> bool:
        """Tell whether lines and keys begin with the parent's, or group's, key."""
        return self.grouped or (self.children_of is not None and not self.children_keyed)

    def own_objects(self) -> list[Ref]:
        """List the objects this snapshot itself wrote for the stream."""
        single = (self.deletions, self.index, self.merged)
        return [*self.parts, *self.quarantine, *(ref for ref in single if ref is not None)]


class Totals(Struct, frozen=True, kw_only=True):
    """The sums over the streams; `stored_bytes` counts the objects that this snapshot wrote, its manifest excepted."""

    live: int = 0
    lines: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    quarantined: int = 0
    skipped: int = 0
    stored_bytes: int = 0


class Anomaly(Struct, frozen=True):
    """Something about a stream that is rarely right: `what` is its short name, `detail` the numbers."""

    stream: str
    what: str
    detail: str


class Manifest(Struct, frozen=True, kw_only=True):
    """A sealed snapshot. `mac` is the last field, and says that it was sealed where it is (`archive.macs`)."""

    format: str = FORMAT
    snapshot: str
    directory: str
    job: str
    account: str
    source: str
    connection: str
    platform: str
    taken_at: datetime
    sealed_at: datetime
    status: SnapshotStatus
    reasons: list[str] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    previous: Previous | None = None
    checksums: Ref
    totals: Totals
    streams: dict[str, StreamManifest]
    mac: str = ""

    @property
    def key(self) -> str:
        """Where the manifest is, below the source's root."""
        return f"{self.directory}/{MANIFEST}"


class Sealed(Struct, frozen=True):
    """A manifest as it is stored."""

    manifest: Manifest
    sha256: str

    def as_previous(self) -> Previous:
        return Previous(snapshot=self.manifest.snapshot, key=self.manifest.key, sha256=self.sha256)


class _Versioned(Struct):
    format: str


_ENCODER = msgspec.json.Encoder(order="deterministic")


def encode_manifest(manifest: Manifest) -> bytes:
    """Write a manifest as indented JSON, always the same bytes for the same manifest."""
    return msgspec.json.format(_ENCODER.encode(manifest), indent=2) + b"\n"


def decode_manifest(body: bytes) -> Sealed:
    """Read a manifest; raises FatalError where it is damaged or of a format this version does not know."""
    try:
        found = msgspec.json.decode(body, type=_Versioned).format
        if found != FORMAT:
            raise FatalError(f"the manifest is of format {found}, this version reads {FORMAT}: upgrade ListBackup")
        return Sealed(msgspec.json.decode(body, type=Manifest), sha256(body).hexdigest())
    except msgspec.DecodeError as error:
        raise FatalError(
            f"the manifest cannot be read ({error}): restore it from the bucket's object versions"
        ) from error


def sum_up(streams: dict[str, StreamManifest], checksums: Ref) -> Totals:
    """Add up the streams; those not selected still count as live, since they can be read."""
    values = list(streams.values())
    return Totals(
        live=sum(stream.live for stream in values),
        lines=sum(stream.lines for stream in values),
        added=sum(stream.added for stream in values),
        changed=sum(stream.changed for stream in values),
        unchanged=sum(stream.unchanged for stream in values),
        deleted=sum(stream.deleted for stream in values),
        quarantined=sum(stream.quarantined for stream in values),
        skipped=sum(len(stream.skipped) for stream in values),
        stored_bytes=checksums.size_bytes + sum(ref.size_bytes for stream in values for ref in stream.own_objects()),
    )


def contradictions(manifest: Manifest) -> list[str]:
    """Say in which respects a manifest does not add up; nothing where it does."""
    found = [f"{name}: {what}" for name, stream in manifest.streams.items() for what in _contradictions(stream)]
    if sum_up(manifest.streams, manifest.checksums) != manifest.totals:
        found.append("the totals are not the sums over the streams")
    return found


def _contradictions(stream: StreamManifest) -> list[str]:
    rules = {
        "lines are not what the parts hold": stream.lines == sum(part.lines for part in stream.parts),
        "lines are not added + changed + superseded": stream.lines == stream.added + stream.changed + stream.superseded,
        "live is not what it was + added - deleted": stream.live
        == stream.previous_live + stream.added - stream.deleted,
        "quarantined is not what the quarantine holds": stream.quarantined == sum(q.lines for q in stream.quarantine),
        "no number may be negative": min(stream.live, stream.superseded, stream.unchanged, stream.duplicates) >= 0,
    }
    return [rule for rule, holds in rules.items() if not holds]
