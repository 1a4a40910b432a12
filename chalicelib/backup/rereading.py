"""Read file contents again: those a snapshot added, those known as damaged, and the share of the others that is due."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from heapq import nsmallest
from typing import NamedTuple

import msgspec

from chalicelib.archive.blobs import Blob, check_blobs
from chalicelib.archive.index import Version
from chalicelib.archive.manifest import IndexRef, Manifest, StreamManifest
from chalicelib.archive.records import read_records
from chalicelib.archive.state import State
from chalicelib.archive.verify import Finding, findings
from chalicelib.backup import files
from chalicelib.backup.contents import Copied
from chalicelib.backup.covered import Covered
from chalicelib.backup.means import Deadline, Means
from chalicelib.domain.rotation import WHOLE, Share

NEW_SECONDS, ALL_SECONDS = 200, 300
RESERVE_SECONDS = 300
MOST_OBJECTS = 20_000
MOST_DAMAGED = 500

Lines = dict[tuple[str, str], bytes]


class Content(NamedTuple):
    """A content of a stream, and how far into the share it lies that it is read for."""

    distance: int
    stream: str
    version: Version

    @property
    def key(self) -> tuple[str, str]:
        """The stream and the content's key in it."""
        return self.stream, self.version.key


@dataclass(slots=True)
class Rereading:
    """Reads contents of one snapshot again, for some minutes of a Lambda's time; `found` is what is not as stored."""

    manifest: Manifest
    root: str
    means: Means
    deadline: Deadline
    found: list[Finding] = field(default_factory=list)
    damaged: list[tuple[str, str]] = field(default_factory=list)
    objects: int = 0
    size_bytes: int = 0

    def run(self, before: Covered, share: Share) -> Covered:
        """Read again what is due, given what the reading before this one left."""
        begun = self.deadline.monotonic()
        known = list(self._known_as_damaged(before))
        unread = self._read([*known, *_nearest(self._new(), WHOLE)], begun + NEW_SECONDS)
        older = _nearest(self._older(), share)
        width = _width(share, older, self._read(older, begun + ALL_SECONDS))
        self._keep_as_damaged(content for content in unread if content in known)
        return Covered(
            objects=self.objects,
            size_bytes=self.size_bytes,
            unread=len(unread),
            start=share.start,
            width=width,
            behind=share.width - width,
            damaged=tuple(dict.fromkeys(self.damaged)),
        )

    @property
    def streams(self) -> dict[str, StreamManifest]:
        """The streams of contents, by their names."""
        names = set(map(files.content_stream, self.manifest.streams))
        return {name: stream for name, stream in self.manifest.streams.items() if name in names}

    def _known_as_damaged(self, before: Covered) -> Iterator[Content]:
        for name, stream in self.streams.items():
            keys = before.damaged_of(name)
            with self._state(stream.chain if keys else ()) as state:
                versions = [state.get(key) for key in keys]
            yield from (Content(0, name, version) for version in versions if version is not None)

    def _new(self) -> Iterator[tuple[str, Version]]:
        for name, stream in self.streams.items():
            with self._state([stream.index] if stream.index else ()) as own:
                yield from ((name, version) for version in own.scan())

    def _older(self) -> Iterator[tuple[str, Version]]:
        for name, stream in self.streams.items():
            with self._state(stream.chain) as state:
                yield from ((name, it) for it in state.scan() if it.snapshot != self.manifest.snapshot)

    @contextmanager
    def _state(self, chain: Sequence[IndexRef]) -> Iterator[State]:
        state = State.open(self.means.data, self.means.cache, self.root, chain)
        try:
            yield state
        finally:
            state.close()

    def _keep_as_damaged(self, unread: Iterable[Content]) -> None:
        for content in unread:
            self.damaged.append(content.key)
            self.found.append(Finding("/".join(content.key), "was damaged, and there was no time to read it again"))

    def _read(self, contents: Sequence[Content], ends: float) -> Sequence[Content]:
        """Read contents in their order until the time is over, or there is too much damage; give the rest."""
        lines = self._lines(contents)
        there = [content for content in contents if content.key in lines]
        self.damaged += [content.key for content in contents if content.key not in lines]
        copies = [msgspec.json.decode(lines[content.key], type=Copied) for content in there]
        blobs = [Blob(copied.blob, copied.sha256) for copied in copies]
        read = 0
        checked = check_blobs(self.means.data, blobs, lambda: self._may_go_on(ends))
        for content, copied, found in zip(there, copies, checked, strict=False):
            read += 1
            self.objects += 1
            self.size_bytes += copied.size_bytes
            self.found += found
            if any(finding.lasting for finding in found):
                self.damaged.append(content.key)
        return there[read:]

    def _lines(self, contents: Sequence[Content]) -> Lines:
        """Read the lines of contents, part after part: a part that is damaged is found, and hides no other."""
        parts, lines = defaultdict[str, list[Content]](list), Lines()
        for content in contents:
            parts[content.version.place.part if content.version.place else ""].append(content)
        for part, some in parts.items():
            self.found += findings(self.root + part, partial(self._load, some, lines))
        return lines

    def _load(self, some: Sequence[Content], lines: Lines) -> list[str]:
        records = read_records(self.means.data, self.root, [content.version for content in some])
        lines.update((content.key, record.line) for content, record in zip(some, records, strict=True))
        return []

    def _may_go_on(self, ends: float) -> bool:
        in_time = self.deadline.monotonic() < ends and not self.deadline.near(RESERVE_SECONDS)
        return in_time and len(self.damaged) < MOST_DAMAGED


def _nearest(versions: Iterable[tuple[str, Version]], share: Share) -> list[Content]:
    """List what lies in a share, from its start on, up to the most that one reading may take."""
    if not share.width:
        return []
    distances = ((share.distance(version.hash or b""), name, version) for name, version in versions)
    inside = (Content(*one) for one in distances if one[0] < share.width)
    return nsmallest(MOST_OBJECTS, inside, key=lambda content: content.distance)


def _width(share: Share, listed: Sequence[Content], rest: Sequence[Content]) -> int:
    """Tell how much of a share has been read, given the rest of those listed of it."""
    if rest:
        return rest[0].distance
    return share.width if len(listed) < MOST_OBJECTS else listed[-1].distance
