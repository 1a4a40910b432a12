"""Comparing a stream's parts, line by line, with the index that its snapshot wrote of them."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
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
from chalicelib.errors import FatalError

if TYPE_CHECKING:
    from hashlib import _Hash

_ROWS = """
SELECT f.part, f.start, v.start, v.length, v.hash, v.key FROM versions v JOIN frames f ON f.number = v.frame
ORDER BY v.frame, v.start
"""
_FRAMES = "SELECT start, size, raw FROM frames WHERE part = ? ORDER BY number"
_CHANGES = "SELECT count(*) FILTER (WHERE change = ?) FROM versions"

Line = tuple[int, int, bytes, str]


def hashed(pieces: Iterable[bytes], digest: "_Hash") -> Iterator[bytes]:
    """Pass pieces on, adding each to a digest."""
    for piece in pieces:
        digest.update(piece)
        yield piece


def check_parts(objects: Objects, root: str, stream: StreamManifest, scratch: Path) -> list[str]:
    """Say what is wrong with a stream's parts and its own index; raises FatalError for an index that cannot be read."""
    if stream.index is None:
        return [wrong for part in stream.parts for wrong in _check_unindexed(objects, root, stream, part)]
    path = scratch / "verified.sqlite"
    download_index(objects, root, stream.index, path)
    reader = IndexReader.open(path)
    with closing(reader.connection) as connection:
        rows = _Rows(connection)
        wrong = [it for part in stream.parts for it in _check_part(objects, root, stream, part, rows)]
        return wrong + _check_numbers(connection, stream, rows)


class _Rows:
    """An index's rows in the order of the parts, taken frame by frame."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._rows = iter(connection.execute(_ROWS))
        self.next = next(self._rows, None)
        self.lines = 0
        self.taken = 0

    def of(self, part: str, frame: Frame) -> set[Line]:
        """Take the rows of the frame that comes next."""
        found: set[Line] = set()
        while self.next is not None and self.next[:2] == (part, frame.offset):
            found.add(self.next[2:])
            self.next = next(self._rows, None)
        self.lines += frame.lines
        self.taken += len(found)
        return found


def _check_part(objects: Objects, root: str, stream: StreamManifest, part: PartRef, rows: _Rows) -> list[str]:
    digest, frames, wrong = sha256(), [], []
    try:
        for frame, page in reread(hashed(objects.read(root + part.key), digest), part.key, stream):
            frames.append((frame.offset, frame.size, frame.raw))
            if not rows.of(part.key, frame) <= _lines(page):
                wrong.append(f"{part.key}: lines of the frame at {frame.offset} are not what the index says")
    except FatalError as error:
        wrong.append(str(error))
    if digest.hexdigest() != part.sha256:
        wrong.append(f"{part.key}: its SHA-256 is not the manifest's")
    if frames != rows.connection.execute(_FRAMES, (part.key,)).fetchall():
        wrong.append(f"{part.key}: its frames are not where the index says")
    return wrong


def _lines(page: Lines) -> set[Line]:
    lengths = list(map(len, page.lines))
    return set(zip(offsets(lengths), lengths, page.hashes, page.keys, strict=False))


def _check_unindexed(objects: Objects, root: str, stream: StreamManifest, part: PartRef) -> list[str]:
    """Check a part none of whose lines count, so that there is no index of it."""
    digest, lines = sha256(), 0
    for frame, _ in reread(hashed(objects.read(root + part.key), digest), part.key, stream):
        lines += frame.lines
    whole = digest.hexdigest() == part.sha256 and lines == part.lines
    return [] if whole else [f"{part.key}: its SHA-256 or its lines are not the manifest's"]


def _check_numbers(connection: sqlite3.Connection, stream: StreamManifest, rows: _Rows) -> list[str]:
    added, changed, deleted = (connection.execute(_CHANGES, (it,)).fetchone()[0] for it in (ADDED, CHANGED, DELETED))
    rules = {
        "lines are missing from the parts": rows.lines == stream.lines,
        "the index refers to lines that no part has": rows.next is None,
        "the index has other changes than the manifest": (added, changed, deleted)
        == (stream.added, stream.changed, stream.deleted),
        "lines that no version refers to are not as many as the manifest says": rows.lines - rows.taken
        == stream.superseded,
    }
    return [f"{stream.index.key if stream.index else ''}: {rule}" for rule, holds in rules.items() if not holds]
