"""Comparing a stream's parts, line by line, with the index that its snapshot wrote of them."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.archive.cache import download_index
from chalicelib.archive.fragments import ADDED, CHANGED, DELETED
from chalicelib.archive.frames import Frame, offsets
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

Line = tuple[int, int, bytes, str]


def hashed(pieces: Iterable[bytes], digest: "_Hash") -> Iterator[bytes]:
    """Pass pieces on, adding each to a digest."""
    for piece in pieces:
        digest.update(piece)
        yield piece


@dataclass(slots=True)
class PartChecks:
    """The checks of one stream's parts: load its index first, then check every part, then the numbers."""

    objects: Objects
    root: str
    stream: StreamManifest
    path: Path
    rows: sqlite3.Connection | None = None
    lines: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)

    def load(self) -> list[str]:
        """Download the stream's own index; raises FatalError where it is damaged."""
        if self.stream.index is None:
            return []
        download_index(self.objects, self.root, self.stream.index, self.path)
        IndexReader.open(self.path).close()
        self.rows = sqlite3.connect(self.path)
        self.rows.executescript(f"PRAGMA journal_mode = off; PRAGMA synchronous = off; {_BY_FRAME}")
        return []

    def check(self, part: PartRef) -> list[str]:
        """Compare a part with the manifest, and its lines with what the index says of them."""
        digest, frames, wrong = sha256(), list[tuple[int, int, int]](), list[str]()
        self.lines[part.key] = self.used[part.key] = 0
        for frame, page in reread(hashed(self.objects.read(self.root + part.key), digest), part.key, self.stream):
            frames.append((frame.offset, frame.size, frame.raw))
            rows = self._rows(part, frame)
            self.lines[part.key] += frame.lines
            self.used[part.key] += len(rows)
            if not rows <= _lines(page):
                wrong.append(f"lines of the frame at {frame.offset} are not what the index says")
        rules = {
            "its SHA-256 is not the manifest's": digest.hexdigest() == part.sha256,
            "it has not as many lines as the manifest says": self.lines[part.key] == part.lines,
            "its frames are not where the index says": self.rows is None or frames == self._frames(part),
        }
        return wrong + [rule for rule, holds in rules.items() if not holds]

    def check_numbers(self) -> list[str]:
        """Compare the sums over the parts and the index with the manifest's."""
        stream, rows = self.stream, self.rows
        changes = [rows.execute(_CHANGES, (it,)).fetchone()[0] if rows else 0 for it in (ADDED, CHANGED, DELETED)]
        rules = {
            "the index has other changes than the manifest": changes == [stream.added, stream.changed, stream.deleted],
            "the index refers to lines that no part has": sum(self.used.values()) == stream.added + stream.changed,
            "lines are missing from the parts": sum(self.lines.values()) == stream.lines,
        }
        return [rule for rule, holds in rules.items() if not holds]

    def close(self) -> None:
        if self.rows is not None:
            self.rows.close()
        self.path.unlink(missing_ok=True)

    def _rows(self, part: PartRef, frame: Frame) -> set[Line]:
        return set(self.rows.execute(_ROWS, (part.key, frame.offset))) if self.rows else set()

    def _frames(self, part: PartRef) -> list[tuple[int, int, int]]:
        return self.rows.execute(_FRAMES, (part.key,)).fetchall() if self.rows else []


def _lines(page: Lines) -> set[Line]:
    lengths = list(map(len, page.lines))
    return set(zip(offsets(lengths), lengths, page.hashes, page.keys, strict=False))
