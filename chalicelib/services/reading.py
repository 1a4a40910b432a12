"""Reading one stream of a snapshot: its state, its records, and how they came about."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from chalicelib.archive.blocks import BlockCache
from chalicelib.archive.cache import IndexCache
from chalicelib.archive.history import history
from chalicelib.archive.index import Version
from chalicelib.archive.listing import After
from chalicelib.archive.manifest import Manifest, StreamManifest
from chalicelib.archive.objects import Objects
from chalicelib.archive.records import Record, read_records
from chalicelib.archive.state import State
from chalicelib.errors import DamagedObjectError, NotFoundError
from chalicelib.services.room import fitting, outgoing, outgoing_text

_AROUND = len(r"{\"key\":,\"cursor\":,\"snapshotId\":,\"change\":\"deleted\",\"record\":},")

Order = Literal["key", "cursor"]


@dataclass(frozen=True, slots=True)
class Archive:
    """Where snapshots are: the bucket, and this machine's copies of their indexes and of pieces of their parts."""

    objects: Objects
    cache: IndexCache
    blocks: BlockCache

    def read(self, root: str, versions: Sequence[Version]) -> list[Record]:
        """Read the records of versions, in their order; raises DamagedObjectError where they are not as stored."""
        try:
            return read_records(self.blocks, root, versions)
        except DamagedObjectError:
            self.blocks.forget()
            return read_records(self.blocks, root, versions)


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of records: in which order, behind which place, how many, and of which keys."""

    order: Order
    backwards: bool
    prefix: str
    after: After | None
    limit: int


@dataclass(frozen=True, slots=True)
class Past:
    """One version of a record; `line` is None of a deletion."""

    version: Version
    line: bytes | None


def stream_of(manifest: Manifest, stream: str) -> StreamManifest:
    """Find a stream in a manifest; raises NotFoundError."""
    if stream not in manifest.streams:
        raise NotFoundError(f"the snapshot has no such stream; it has {', '.join(sorted(manifest.streams))}")
    return manifest.streams[stream]


def records(archive: Archive, root: str, stream: StreamManifest, asked: Asked) -> tuple[Sequence[Record], bool]:
    """Read a page of a stream's records, and tell whether there are more; an answer may not hold all asked for."""
    with closing(State.open(archive.objects, archive.cache, root, stream.chain, asked.order)) as state:
        found = state.page(
            asked.limit + 1, after=asked.after, backwards=asked.backwards, order=asked.order, prefix=asked.prefix
        )
        kept = fitting(archive.read(root, fitting(found[: asked.limit], size)), _weight_of_record)
        return kept, len(found) > len(kept)


def record(archive: Archive, root: str, stream: StreamManifest, key: str) -> Record:
    """Read one record by one ranged read; raises NotFoundError where the snapshot does not have it."""
    with closing(State.open(archive.objects, archive.cache, root, stream.chain)) as state:
        version = state.get(key)
    if version is None:
        raise NotFoundError("the snapshot has no such record")
    return fitting(archive.read(root, fitting([version], size)), _weight_of_record)[0]


def newest_directory(archive: Archive, root: str, stream: StreamManifest, key: str) -> str:
    """Find the snapshot in which a record's newest version came; raises NotFoundError where it never was."""
    with closing(State.open(archive.objects, archive.cache, root, stream.chain)) as state:
        version = state.version(key)
    if version is None:
        raise NotFoundError("there never was such a record")
    return version.directory


def past(archive: Archive, root: str, stream: str, key: str, directory: str, limit: int) -> Sequence[Past]:
    """Read a record's versions, newest first, from the one that came in `directory`'s snapshot."""
    kept = history(archive.objects, archive.cache, root, stream, key, directory=directory, limit=limit)
    found = fitting(kept, size)
    lines = iter(archive.read(root, [version for version in found if not version.deleted]))
    past = [Past(version, None if version.deleted else next(lines).line) for version in found]
    return fitting(past, lambda one: _weight(one.version, one.line or b""))


def size(version: Version) -> int:
    """Tell how many bytes a version's line has."""
    return version.place.length if version.place else 0


def _weight_of_record(found: Record) -> int:
    return _weight(found.version, found.line)


def _weight(version: Version, line: bytes) -> int:
    """Tell how many bytes a version has in an answer."""
    return _AROUND + outgoing_text(version.key, version.cursor, version.snapshot) + outgoing(line)
