"""Snapshots: what a source was like at a time, as its manifest says."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.caller import Caller
from chalicelib.api.endpoint import endpoint
from chalicelib.api.listing import Page, page
from chalicelib.api.models import Listing, View
from chalicelib.archive.manifest import Manifest, Ref, StreamManifest
from chalicelib.domain.rotation import CIRCLE
from chalicelib.services import snapshots
from chalicelib.services.outside import outside
from chalicelib.store.snapshots import Snapshot

routes = Blueprint(__name__)


class AnomalyView(View):
    stream: str
    what: str
    detail: str


class ContentsView(View):
    """Which file contents were read again: those this snapshot stored but for `unread`, and a share of the others."""

    objects: int
    size_bytes: int
    unread: int
    share: float = Field(description="of the older contents; all of them come round within 30 days", examples=[0.033])
    damaged: int

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Show what Verify has kept of it."""
        counts = {name: kept[name] for name in ("objects", "size_bytes", "unread")}
        return cls(**counts, share=round(kept["width"] / CIRCLE, 3), damaged=len(kept["damaged"]))


class SnapshotView(View):
    """A sealed snapshot; `verified` is true once every object of it was read back and compared.

    `contents` says which file contents were read again with it: null before that, and where a source has no files.
    """

    snapshot_id: str = Field(examples=["snp_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"])
    source_id: str
    job_id: str
    platform: str
    status: Literal["complete", "partial", "suspect"]
    reasons: Sequence[str]
    anomalies: Sequence[Any]
    verified: bool
    verified_at: datetime | None
    contents: ContentsView | None
    taken_at: datetime
    previous_snapshot_id: str | None
    records: int
    stored_bytes: int

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """Show a snapshot."""
        return cls(**_facts(snapshot))


class ObjectView(View):
    """One object of the archive: its key in the bucket, and what its bytes must be."""

    key: str
    sha256: str
    size_bytes: int


class StreamSnapshotView(View):
    """One stream of a snapshot: how it went, and what was found."""

    status: Literal["complete", "partial", "forbidden", "failed", "not_started", "not_selected"]
    reason: str | None
    live: int
    added: int
    changed: int
    unchanged: int
    deleted: int
    duplicates: int
    quarantined: int
    skipped: int
    parts: Sequence[ObjectView]

    @classmethod
    def of(cls, stream: StreamManifest, root: str) -> Self:
        """Show a stream of a snapshot."""
        counts = ("live", "added", "changed", "unchanged", "deleted", "duplicates", "quarantined")
        return cls(
            status=stream.status,
            reason=stream.reason,
            **{name: getattr(stream, name) for name in counts},
            skipped=len(stream.skipped),
            parts=[_object(ref, root) for ref in stream.parts],
        )


class SnapshotDetailView(SnapshotView):
    """A snapshot with its manifest, whose object anyone can read and check without us."""

    manifest: ObjectView
    checksums: ObjectView
    streams: Mapping[str, StreamSnapshotView]


@endpoint(
    routes,
    "GET",
    "/sources/{source_id}/snapshots",
    name="snapshots.list",
    allow="snapshots:view",
    query=Listing,
    returns=Page[SnapshotView],
)
def list_(caller: Caller, source_id: str, query: Listing) -> Page[SnapshotView]:
    """List a source's snapshots, newest first."""
    return page(
        caller,
        "snapshots.list",
        query,
        lambda after: snapshots.listed(caller.account_id, source_id, after),
        show=SnapshotView.of,
        position=lambda snapshot: snapshot.snapshot_id,
        within={"source_id": source_id},
    )


@endpoint(
    routes,
    "GET",
    "/sources/{source_id}/snapshots/{snapshot_id}",
    name="snapshots.get",
    allow="snapshots:view",
    returns=SnapshotDetailView,
)
def get(caller: Caller, source_id: str, snapshot_id: str) -> SnapshotDetailView:
    """Show a snapshot: how each stream went, what was found, and where it is stored."""
    snapshot = snapshots.get(caller.account_id, source_id, snapshot_id)
    return _detail(snapshot, snapshots.manifest(outside().archive, snapshot))


def _detail(snapshot: Snapshot, manifest: Manifest) -> SnapshotDetailView:
    root = snapshots.root(snapshot)
    key = root + manifest.key
    size = len(outside().archive.objects.get(key))
    return SnapshotDetailView(
        **_facts(snapshot),
        manifest=ObjectView(key=key, sha256=snapshot.manifest_sha256, size_bytes=size),
        checksums=_object(manifest.checksums, root),
        streams={name: StreamSnapshotView.of(stream, root) for name, stream in manifest.streams.items()},
    )


def _object(ref: Ref, root: str) -> ObjectView:
    return ObjectView(key=root + ref.key, sha256=ref.sha256, size_bytes=ref.size_bytes)


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    fields = SnapshotView.model_fields.keys() - {"previous_snapshot_id", "records", "stored_bytes", "contents"}
    facts = {name: getattr(snapshot, name) for name in fields}
    numbers = {"records": int(snapshot.records), "stored_bytes": int(snapshot.stored_bytes)}
    contents = ContentsView.of(snapshot.contents) if snapshot.contents else None
    return {**facts, **numbers, "previous_snapshot_id": snapshot.previous_id, "contents": contents}
