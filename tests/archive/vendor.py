"""A source as a dict, and the job that backs it up as the engine does: pages, parts, fragments, seal."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from msgspec import Raw

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.changes import changes_of
from chalicelib.archive.heads import heads
from chalicelib.archive.layout import snapshot_directory, source_root
from chalicelib.archive.manifest import Sealed
from chalicelib.archive.pages import read_page
from chalicelib.archive.seal import SealOrder, seal
from chalicelib.archive.seal_stream import StreamInput
from chalicelib.archive.state import State
from chalicelib.archive.store import Slice, store_part
from chalicelib.archive.writer import PartWriter
from tests.archive.memory import MemoryMacs, MemoryObjects

ACCOUNT, SOURCE = "acc_1", "src_1"
ROOT = source_root(ACCOUNT, SOURCE)
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass
class PageOf:
    """One answer of the vendor. `parents` name each record's parent, or all records'."""

    records: Sequence[bytes] = ()
    deleted: Sequence[str] = ()
    visited: Sequence[str] = ()
    parents: str | Sequence[str] | None = None


@dataclass
class Archive:
    """The archive of one source, on a machine with a cache."""

    scratch: Path
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    workspace: MemoryObjects = field(default_factory=MemoryObjects)
    macs: MemoryMacs = field(default_factory=MemoryMacs)
    sealed: list[Sealed] = field(default_factory=list)
    max_cache_bytes: int = 1 << 30

    @property
    def cache(self) -> IndexCache:
        return IndexCache(self.scratch / "cache", self.max_cache_bytes)

    def state(self, snapshot: int = -1, stream: str = "contacts", order: Literal["key", "cursor"] = "key") -> State:
        chain = self.sealed[snapshot].manifest.streams[stream].chain
        return State.open(self.objects, self.cache, ROOT, chain, order)

    def read(self, pages: Iterable[PageOf], *, stream: str = "contacts", slice_: str = "00", pages_a_part: int = 3,
             key: str = "id", cursor: str | None = "at") -> list[str]:  # fmt: skip
        """Read pages into parts as a worker does; returns the keys of the fragments."""
        number, fragments = 1, []
        before = self.sealed[-1].manifest.streams.get(stream) if self.sealed else None
        previous = State.open(self.objects, self.cache, ROOT, before.chain if before else [])
        place = Slice(ROOT, self.directory, ACCOUNT, self.job, stream, slice_)
        writer, taken = PartWriter(), 0
        for page in [*pages, None]:
            if page is not None:
                lines = read_page([Raw(record) for record in page.records], heads(key, cursor), page.parents)
                changes = changes_of(lines, previous.known(lines.keys))
                writer.add_page(changes, deleted=page.deleted, visited=page.visited)
                taken += 1
            if not writer.empty and (page is None or taken % pages_a_part == 0):
                stored = store_part(self.objects, self.workspace, place, writer.close(), number)
                fragments.append(stored.fragment)
                number, writer = stored.number + 1, PartWriter()
        previous.close()
        return fragments

    @property
    def job(self) -> str:
        return f"job_{len(self.sealed) + 1:03d}"

    @property
    def snapshot(self) -> str:
        return f"snp_{len(self.sealed) + 1:03d}"

    @property
    def taken_at(self) -> datetime:
        return START + timedelta(hours=len(self.sealed))

    @property
    def directory(self) -> str:
        return snapshot_directory(self.taken_at, self.snapshot)

    def order(self, *streams: StreamInput) -> SealOrder:
        return SealOrder(
            account=ACCOUNT,
            source=SOURCE,
            connection="con_1",
            platform="sandbox",
            job=self.job,
            snapshot=self.snapshot,
            directory=self.directory,
            taken_at=self.taken_at,
            streams=streams,
            previous=self.sealed[-1] if self.sealed else None,
        )

    def attempt(self, *streams: StreamInput) -> Sealed:
        return seal(
            self.order(*streams), objects=self.objects, workspace=self.workspace, macs=self.macs, cache=self.cache,
            scratch=self.scratch / "seal", now=self.taken_at + timedelta(minutes=5),
        )  # fmt: skip

    def seal(self, *streams: StreamInput) -> Sealed:
        self.sealed.append(self.attempt(*streams))
        return self.sealed[-1]

    def back_up(self, records: Mapping[str, object], *, page: int = 4) -> Sealed:
        """List everything there is, as a full sweep does, and seal it."""
        rows = [record(key, value) for key, value in records.items()]
        pages = [PageOf(rows[start : start + page]) for start in range(0, len(rows), page)] or [PageOf()]
        return self.seal(contacts(self.read(pages), sweep="all"))


def contacts(fragments: Sequence[str], **more: Any) -> StreamInput:
    given: dict[str, Any] = {"name": "contacts", "status": "complete", "key_path": "id", "cursor_path": "at"} | more
    return StreamInput(fragments=fragments, **given)


def record(key: str, value: object, **more: object) -> bytes:
    return json.dumps({"id": key, "at": 5, "value": value, **more}, separators=(",", ":")).encode()
