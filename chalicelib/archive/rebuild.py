"""Rebuilding indexes from what they are derived from: manifests, parts and deletions files."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chalicelib.archive import build, merge
from chalicelib.archive.changes import changes_of
from chalicelib.archive.deletions import read_deletion
from chalicelib.archive.fragments import Fragment
from chalicelib.archive.frames import Frame, lines_of, split_frames
from chalicelib.archive.heads import Cursor
from chalicelib.archive.macs import Macs, read_genuine
from chalicelib.archive.manifest import IndexRef, Manifest, PartRef, StreamManifest
from chalicelib.archive.objects import Objects
from chalicelib.archive.publish import pack
from chalicelib.archive.reread import reread
from chalicelib.archive.settle import Rules, settle
from chalicelib.archive.state import State
from chalicelib.errors import DamagedObjectError

_AFTER_ALL = 2**60


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """An index made anew, and the reference to the one it stands for."""

    ref: IndexRef
    path: Path


def rebuild(
    objects: Objects, macs: Macs, root: str, manifests: Sequence[str], stream: str, scratch: Path
) -> Iterator[Rebuilt]:
    """Make all indexes of a stream anew, in `scratch`, from all of its source's manifests: their keys, oldest first.

    The same versions of SQLite and this program give the same bytes, so that `restore_index` can put them back. Raises
    MissingObjectError or DamagedObjectError where a manifest, a part or a deletions file is not what it was.
    """
    chain: list[tuple[Path, int]] = []
    for key in manifests:
        manifest = read_genuine(objects, macs, root + key).manifest
        entry = manifest.streams.get(stream)
        if entry is None or entry.index is None:
            continue
        own = scratch / f"{manifest.snapshot}.sqlite"
        chain.append((own, _rebuild_own(objects, root, manifest, entry, own, [path for path, _ in chain])))
        yield Rebuilt(entry.index, own)
        if entry.merged is not None:
            chain = _rebuild_merged(chain, own.with_suffix(".merged"))
            yield Rebuilt(entry.merged, chain[-1][0])


def restore_index(objects: Objects, root: str, rebuilt: Rebuilt) -> bool:
    """Put an index that was made anew back in its place; False where a (damaged) object is still there.

    Raises DamagedObjectError where it has not the very bytes that the manifest names: it then serves only here.
    """
    packed = rebuilt.path.with_suffix(".zst")
    digest = pack(rebuilt.path, packed)
    try:
        if digest != rebuilt.ref.sha256:
            raise DamagedObjectError(f"{rebuilt.ref.key} was written by another SQLite or zstd: use that")
        return objects.put_file_once(root + rebuilt.ref.key, packed, sha256=digest)
    finally:
        packed.unlink()


def _rebuild_own(
    objects: Objects, root: str, manifest: Manifest, entry: StreamManifest, path: Path, chain: Sequence[Path]
) -> int:
    with build.started(path, manifest.snapshot, manifest.directory, chain) as under_way:
        for part in entry.parts:
            under_way.load(_fragment(objects, root, part, entry, under_way.previous))
        if entry.deletions is not None:
            _load_deletions(objects, root, entry.deletions, under_way)
        return settle(under_way, Rules()).rows


def _rebuild_merged(chain: list[tuple[Path, int]], path: Path) -> list[tuple[Path, int]]:
    count = merge.to_merge([rows for _, rows in chain])
    kept, tail = chain[:-count], chain[-count:]
    return [*kept, (path, merge.merge_indexes([source for source, _ in tail], path, whole=not kept))]


def _fragment(objects: Objects, root: str, part: PartRef, entry: StreamManifest, previous: State) -> Fragment:
    """Read from a part what its fragment said."""
    frames: list[Frame] = []
    keys: list[str] = []
    hashes: list[bytes] = []
    cursors: list[Cursor] = []
    lengths = array("I")
    changes = bytearray()
    priors: list[str | None] = []
    parents: list[int] = []
    for frame, lines in reread(objects.read(root + part.key), part.key, entry):
        found = changes_of(lines, previous.known(lines.keys))
        if found.seen:
            raise DamagedObjectError(f"{part.key} holds what the snapshot before had: a manifest is missing in between")
        frames.append(frame)
        keys += lines.keys
        hashes += lines.hashes
        cursors += lines.cursors
        lengths.extend(map(len, lines.lines))
        changes += found.changes
        priors += found.priors or [None] * len(lines.keys)
        parents += lines.parents or ()
    return Fragment(
        part=part,
        frames=frames,
        keys=keys,
        hashes=b"".join(hashes),
        cursors=cursors,
        lengths=lengths.tobytes(),
        changes=bytes(changes),
        priors=priors if any(priors) else None,
        parents=parents or None,
        pages=[(len(keys), 0, 0)],
    )


def _load_deletions(objects: Objects, root: str, ref: PartRef, under_way: build.Build) -> None:
    """Note what a deletions file says as what was learnt last."""
    for _, raw in split_frames(objects.read(root + ref.key), ref.key):
        deletions = [read_deletion(line) for line in lines_of(raw, ref.key)]
        reverted = [(it.key, _AFTER_ALL) for it in deletions if it.evidence == "reverted"]
        gone = [(it.key, _AFTER_ALL, it.evidence) for it in deletions if it.evidence != "reverted"]
        under_way.seen += len(reverted)
        under_way.connection.executemany("INSERT INTO work.seen VALUES (?, ?)", reverted)
        under_way.connection.executemany(build.GONE, gone)
