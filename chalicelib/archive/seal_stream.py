"""Sealing one stream: its own index, its deletions, a merged index where one is due, its entry in the manifest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalicelib.archive import build, merge, owed
from chalicelib.archive.cache import IndexCache
from chalicelib.archive.deletions import deletion_lines
from chalicelib.archive.fragments import decode_fragment
from chalicelib.archive.layout import stream_directory
from chalicelib.archive.manifest import IndexRef, PartRef, SkippedRef, StreamManifest, StreamStatus
from chalicelib.archive.objects import Objects
from chalicelib.archive.owed import Settled
from chalicelib.archive.parts import Body, body_of
from chalicelib.archive.publish import Publisher
from chalicelib.archive.settle import Counts, Rules, Sweep, settle

OWN_INDEX = "index.sqlite.zst"
MERGED_INDEX = "merged.sqlite.zst"
DELETIONS = "deleted.jsonl.zst"
# Beside the chain's own bytes, for a new index with its work file, or a merged one with its compressed copy.
_SCRATCH_SHARE = 2


@dataclass(frozen=True, slots=True)
class StreamInput:
    """What a job knows of one stream at its end.

    `fragments` are the keys of its fragments in the workspace, slice after slice and in the order of their parts.
    `sweep` is `all` only where every record was listed, `parents` where every child of each visited parent was.
    `since` replaces the one before only where the status is complete. `settled` says what of that which the stream owed
    it has listed again, `by_parents` that it read from parent to parent, `asked_anew` that more may have been shown of
    each record than before.
    """

    name: str
    status: StreamStatus
    key_path: str
    fragments: Sequence[str] = ()
    reason: str | None = None
    cursor_path: str | None = None
    children_of: str | None = None
    children_keyed: bool = False
    grouped: bool = False
    sweep: Sweep = "none"
    since: Any = None
    skipped: Sequence[SkippedRef] = ()
    settled: Settled = "none"
    by_parents: bool = False
    asked_anew: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """What sealing the parent stream has shown: the keys of its deletions, and what of it could not be had."""

    keys: Iterable[str] = ()
    skipped: Sequence[SkippedRef] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """Where a stream is sealed: the archive, the job's workspace, the cache of indexes, an empty directory."""

    objects: Objects
    workspace: Objects
    cache: IndexCache
    scratch: Path
    root: str
    directory: str
    snapshot: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class SealedStream:
    """A stream's entry in the manifest, and its deletions, which its children need."""

    manifest: StreamManifest
    deletions: Body | None


@dataclass(slots=True)
class _Built:
    """A stream's own index as a file, and what else the fragments told."""

    path: Path
    counts: Counts
    deletions: Body | None
    parts: list[PartRef]
    quarantine: list[PartRef]
    skipped: list[SkippedRef]


def seal_stream(site: Site, given: StreamInput, before: StreamManifest | None, lost: Lost) -> SealedStream:
    """Publish what a job changed in a stream, and state it."""
    chain = before.chain if before else []
    built = _build(site, given, before, lost)
    publisher, place = Publisher(site.objects, site.root), stream_directory(site.directory, given.name)
    deletions = publisher.lines(place, DELETIONS, built.deletions) if built.deletions else None
    if not built.counts.rows:
        return SealedStream(_entry(given, before, built, deletions, None, None, chain), built.deletions)
    index = publisher.index(
        place, OWN_INDEX, built.path, rows=built.counts.rows, since=site.snapshot, until=site.snapshot
    )
    merged, chain = _merged(site, publisher, place, [*chain, index], built.path)
    return SealedStream(_entry(given, before, built, deletions, index, merged, chain), built.deletions)


def _build(site: Site, given: StreamInput, before: StreamManifest | None, lost: Lost) -> _Built:
    path = site.scratch / f"{sha256(given.name.encode()).hexdigest()}.sqlite"
    parts: list[PartRef] = []
    quarantine: list[PartRef] = []
    pinned = _pinned(site, before.chain if before else [])
    with build.started(path, site.snapshot, site.directory, pinned) as under_way:
        for key in given.fragments:
            fragment = decode_fragment(site.workspace.get(key))
            under_way.load(fragment)
            parts += [fragment.part] if fragment.part else []
            quarantine += [fragment.quarantine] if fragment.quarantine else []
        owing = owed.not_reported(under_way, owed.owed_by(before, given.settled))
        counts = settle(under_way, Rules(given.sweep, keyed=given.children_keyed, lost_parents=lost.keys))
        of_parents = owed.of_parents(under_way, given.name, lost.skipped) if given.by_parents else []
        skipped = owed.together(given.skipped, owed.not_heard_of(under_way, owing), of_parents)
        deletions = body_of(deletion_lines(under_way, site.taken_at))
    _remove(pinned)
    return _Built(path, counts, deletions, parts, quarantine, skipped)


def _pinned(site: Site, chain: Sequence[IndexRef]) -> list[Path]:
    """Have the files of a chain at hand; they are attached by their names, long after they were fetched."""
    pinned = [site.cache.pin(site.objects, site.root, ref, site.scratch) for ref in chain]
    site.cache.make_room(_SCRATCH_SHARE * sum(ref.raw_bytes for ref in chain))
    return pinned


def _remove(paths: Iterable[Path]) -> None:
    """Give back the room of files that are done with; a pinned one's is the cache's again."""
    for path in paths:
        path.unlink()


def _merged(
    site: Site, publisher: Publisher, place: str, chain: list[IndexRef], own: Path
) -> tuple[IndexRef | None, list[IndexRef]]:
    """Merge the end of a chain where that is due; returns the merged index, if any, and the chain as it is then."""
    count = merge.to_merge([ref.rows for ref in chain])
    if count == 1:
        return None, chain
    kept, tail = chain[:-count], chain[-count:]
    path = own.with_suffix(".merged")
    merging = [*_pinned(site, tail[:-1]), own]
    rows = merge.merge_indexes(merging, path, whole=not kept)
    _remove(merging)
    merged = publisher.index(place, MERGED_INDEX, path, rows=rows, since=tail[0].since, until=site.snapshot)
    return merged, [*kept, merged]


def _entry(
    given: StreamInput,
    before: StreamManifest | None,
    built: _Built,
    deletions: PartRef | None,
    index: IndexRef | None,
    merged: IndexRef | None,
    chain: list[IndexRef],
) -> StreamManifest:
    counts, live = built.counts, before.live if before else 0
    since_before = before.since if before else None
    return StreamManifest(
        status=given.status,
        reason=given.reason,
        key_path=given.key_path,
        cursor_path=given.cursor_path,
        children_of=given.children_of,
        children_keyed=given.children_keyed,
        grouped=given.grouped,
        since=given.since if given.status == "complete" else since_before,
        previous_live=live,
        live=live + counts.added - counts.deleted,
        lines=counts.lines,
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        deleted=counts.deleted,
        duplicates=counts.duplicates,
        superseded=counts.superseded,
        quarantined=sum(ref.lines for ref in built.quarantine),
        skipped=built.skipped,
        parts=built.parts,
        quarantine=built.quarantine,
        deletions=deletions,
        index=index,
        merged=merged,
        chain=chain,
    )
