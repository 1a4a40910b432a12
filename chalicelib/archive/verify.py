"""Verifying a snapshot: every object it wrote is read again and compared with its manifest and its index.

What there is no time for is gone on with in another turn, behind the checks that were made.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.deletions import read_deletion
from chalicelib.archive.frames import lines_of, split_frames
from chalicelib.archive.macs import Macs, has_mac
from chalicelib.archive.manifest import Manifest, PartRef, StreamManifest, contradictions, decode_manifest
from chalicelib.archive.objects import Objects
from chalicelib.archive.seal import checksums_text
from chalicelib.archive.state import State
from chalicelib.archive.verify_parts import PartChecks, hashed
from chalicelib.errors import DamagedObjectError, MissingObjectError

_AT_ONCE = 8
_RAW_BYTES_A_SECOND = 10_000_000

Check = Callable[[], list[str]]
HasTime = Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the manifest says. `lasting` is False where a second reading found nothing wrong."""

    object: str
    what: str
    lasting: bool = True


class Turn(NamedTuple):
    """What one turn has found, and how many of the snapshot's checks were made by its end: all of them when `done`."""

    found: list[Finding]
    checked: int
    done: bool


@dataclass(frozen=True, slots=True)
class Step:
    """The check of one object, of so many bytes once decompressed; `index` is to be loaded before."""

    object: str
    check: Check
    raw_bytes: int = 0
    index: PartChecks | None = None


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies snapshots of one source; `scratch` is a directory with room for its largest index."""

    objects: Objects
    macs: Macs
    cache: IndexCache
    root: str
    scratch: Path

    def verify(self, key: str, manifest_sha256: str, has_time: HasTime, checked: int = 0) -> Turn:
        """Read again what a snapshot wrote, behind the checks that were made: without lasting findings it is whole.

        `key` is its manifest's, below the root. Before the next few checks `has_time` is asked for their seconds.
        """
        try:
            body = self.objects.get(self.root + key)
        except (MissingObjectError, DamagedObjectError) as lost:
            return Turn([Finding(key, str(lost))], checked, done=True)
        if sha256(body).hexdigest() != manifest_sha256:
            return Turn([Finding(key, "the manifest is not the one that was sealed")], checked, done=True)
        if not has_mac(body, self.root + key, self.macs):
            forged = "the manifest does not have the MAC of one that was sealed here"
            return Turn([Finding(key, forged)], checked, done=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.scratch) as directory:
            return _taken(list(self._steps(decode_manifest(body).manifest, Path(directory))), checked, has_time)

    def _steps(self, manifest: Manifest, scratch: Path) -> Iterator[Step]:
        """List all steps, in an order that later turns rely on: they count them."""
        yield Step(manifest.key, partial(contradictions, manifest))
        yield Step(manifest.checksums.key, partial(_check_checksums, self.objects, self.root, manifest))
        for stream in manifest.streams.values():
            index = PartChecks(self.objects, self.root, stream, scratch / "checked.sqlite")
            yield from (Step(part.key, partial(index.check, part), part.raw_bytes, index) for part in stream.parts)
            yield Step(stream.index.key if stream.index else manifest.key, index.check_numbers, index=index)
            yield from (self._of_lines(ref, bytes) for ref in stream.quarantine)
            if stream.deletions is not None:
                yield self._of_lines(stream.deletions, read_deletion)
            if stream.merged is not None:
                check = partial(_check_chain, self.objects, self.cache, self.root, stream)
                yield Step(stream.merged.key, check, sum(index.raw_bytes for index in stream.chain))

    def _of_lines(self, ref: PartRef, read: Callable[[bytes], object]) -> Step:
        return Step(ref.key, partial(_check_lines, self.objects, self.root, ref, read), ref.raw_bytes)


def _taken(steps: Sequence[Step], checked: int, has_time: HasTime) -> Turn:
    """Take the steps behind the first ones, while there is time."""
    found = list[Finding]()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="verify") as pool, closing(_few(steps[checked:])) as few:
        for loading, some in few:
            if not has_time(sum(step.raw_bytes for step in loading + some) / _RAW_BYTES_A_SECOND):
                return Turn(found, checked, done=False)
            for step in loading:
                found += findings(step.object, step.check)
            for one in pool.map(lambda step: findings(step.object, step.check), some):
                found += one
            checked += len(some)
    return Turn(found, checked, done=True)


def _few(steps: Sequence[Step]) -> Generator[tuple[list[Step], list[Step]], None, None]:
    """Give the next few steps, all of one index, to be taken side by side; with its first ones its loading."""
    for index, group in groupby(steps, key=lambda step: step.index):
        loading, same = _loading(index), list(group)
        try:
            for start in range(0, len(same), _AT_ONCE):
                yield [] if start else loading, same[start : start + _AT_ONCE]
        finally:
            if index is not None:
                index.close()


def _loading(index: PartChecks | None) -> list[Step]:
    if index is None or index.stream.index is None:
        return []
    return [Step(index.stream.index.key, index.load, index.stream.index.raw_bytes)]


def findings(name: str, check: Check) -> list[Finding]:
    """Check, and where something is wrong check once more: what is wrong only once came about on the way."""
    wrong = _told(check)
    if not wrong:
        return []
    again = _told(check)
    if not again:
        return [Finding(name, f"only at the first reading: {what}", lasting=False) for what in wrong]
    return [Finding(name, what) for what in again]


def _told(check: Check) -> list[str]:
    """Check; what cannot be read for another reason than damage, such as a role that may not, is no finding."""
    try:
        return check()
    except (MissingObjectError, DamagedObjectError) as damage:
        return [str(damage)]


def _check_checksums(objects: Objects, root: str, manifest: Manifest) -> list[str]:
    body = objects.get(root + manifest.checksums.key)
    if sha256(body).hexdigest() != manifest.checksums.sha256:
        return ["its SHA-256 is not the manifest's"]
    same = body == checksums_text(manifest.directory, manifest.streams)
    return [] if same else ["it does not list what the manifest does"]


def _check_lines(objects: Objects, root: str, ref: PartRef, read: Callable[[bytes], object]) -> list[str]:
    """Check an object of lines that no index refers to."""
    digest, count = sha256(), 0
    for _, raw in split_frames(hashed(objects.read(root + ref.key), digest), ref.key):
        lines = lines_of(raw, ref.key)
        count += len(lines)
        for line in lines:
            read(line)
    rules = {
        "its SHA-256 is not the manifest's": digest.hexdigest() == ref.sha256,
        "lines are missing": count == ref.lines,
    }
    return [rule for rule, holds in rules.items() if not holds]


def _check_chain(objects: Objects, cache: IndexCache, root: str, stream: StreamManifest) -> list[str]:
    """Count what the state has, which is worth its cost only where a merged index was written."""
    state = State.open(objects, cache, root, stream.chain)
    try:
        live = state.count()
    finally:
        state.close()
    return [] if live == stream.live else [f"the state has {live} records, not {stream.live}"]
