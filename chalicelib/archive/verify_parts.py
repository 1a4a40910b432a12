"""Comparing a stream's parts, line by line, with the index that its snapshot wrote of them."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from chalicelib.archive.cache import download_index
from chalicelib.archive.fragments import ADDED, CHANGED, DELETED
from chalicelib.archive.frames import offsets
from chalicelib.archive.index import IndexReader
from chalicelib.archive.manifest import PartRef, StreamManifest
from chalicelib.archive.objects import Objects
from chalicelib.archive.pages import Lines
from chalicelib.archive.reread import reread

if TYPE_CHECKING:
    from hashlib import _Hash

_ROWS = """
SELECT v.start, v.length, v.hash, v.key FROM versions v JOIN frames f ON f.number = v.frame
WHERE f.part = ? AND f.start = ?
"""
_BY_FRAME = "CREATE INDEX versions_frame ON versions (frame); CREATE INDEX frames_part ON frames (part, start);"
_FRAMES = "SELECT start, size, raw FROM frames WHERE part = ? ORDER BY number"
_CHANGES = "SELECT count(*) FILTER (WHERE change = ?) FROM versions"
_USED = "SELECT f.part, count(*) FROM versions v JOIN frames f ON f.number = v.frame GROUP BY f.part"

Line = tuple[int, int, bytes, str]


def hashed(pieces: Iterable[bytes], digest: "_Hash") -> Iterator[bytes]:
    """Pass pieces on, adding each to a digest."""
    for piece in pieces:
        digest.update(piece)
        yield piece


@dataclass(slots=True, eq=False)
class PartChecks:
    """The checks of one stream's parts, for several threads: load its index first; the others go in any order."""

    objects: Objects
    root: str
    stream: StreamManifest
    path: Path
    rows: sqlite3.Connection | None = None
    _one_at_a_time: Lock = field(default_factory=Lock)

    def load(self) -> list[str]:
        """Download the stream's own index; raises FatalError where it is damaged."""
        if self.stream.index is None:
            return []
        download_index(self.objects, self.root, self.stream.index, self.path)
        IndexReader.open(self.path).close()
        self.rows = sqlite3.connect(self.path, check_same_thread=False)
        self.rows.executescript(f"PRAGMA journal_mode = off; PRAGMA synchronous = off; {_BY_FRAME}")
        return []

    def check(self, part: PartRef) -> list[str]:
        """Compare a part with the manifest, and its lines with what the index says of them."""
        digest, frames, wrong, lines = sha256(), list[tuple[Any, ...]](), list[str](), 0
        for frame, page in reread(hashed(self.objects.read(self.root + part.key), digest), part.key, self.stream):
            frames.append((frame.offset, frame.size, frame.raw))
            lines += frame.lines
            if not set(self._ask(_ROWS, part.key, frame.offset)) <= _lines(page):
                wrong.append(f"lines of the frame at {frame.offset} are not what the index says")
        rules = {
            "its SHA-256 is not the manifest's": digest.hexdigest() == part.sha256,
            "it has not as many lines as the manifest says": lines == part.lines,
            "its frames are not where the index says": self.rows is None or frames == self._ask(_FRAMES, part.key),
        }
        return wrong + [rule for rule, holds in rules.items() if not holds]

    def check_numbers(self) -> list[str]:
        """Compare what the index refers to with the manifest; that the parts have it is for `check` to tell."""
        stream, parts = self.stream, {part.key for part in self.stream.parts}
        changes = [count for it in (ADDED, CHANGED, DELETED) for (count,) in self._ask(_CHANGES, it)]
        used = sum(count for part, count in self._ask(_USED) if part in parts)
        rules = {
            "the index has other changes than the manifest": (changes or [0, 0, 0])
            == [stream.added, stream.changed, stream.deleted],
            "the index refers to lines that no part has": used == stream.added + stream.changed,
        }
        return [rule for rule, holds in rules.items() if not holds]

    def close(self) -> None:
        if self.rows is not None:
            self.rows.close()
        self.path.unlink(missing_ok=True)

    def _ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the index, one thread after the other; it has no answer where it is not loaded, or there is none."""
        if self.rows is None:
            return []
        with self._one_at_a_time:
            return self.rows.execute(question, values).fetchall()


def _lines(page: Lines) -> set[Line]:
    lengths = list(map(len, page.lines))
    return set(zip(offsets(lengths), lengths, page.hashes, page.keys, strict=False))
