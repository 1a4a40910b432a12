"""What a job has found out about the keys of one stream so far, in a table on the local disk."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final

from chalicelib.archive.fragments import Fragment
from chalicelib.archive.index import Place
from chalicelib.archive.listing import after_prefix

STORED, SEEN, GONE = 0, 1, 2
_AT_ONCE = 256
_TABLE: Final = """
PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -2048;
CREATE TABLE found (key TEXT PRIMARY KEY, kind INTEGER, part TEXT, frame_start, frame_size, frame_raw, start, length);
"""
_PUT: Final = "INSERT OR REPLACE INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_STORED: Final = """
SELECT key, part, frame_start, frame_size, frame_raw, start, length FROM found WHERE kind = 0 ORDER BY rowid
"""


class Found:
    """The newest finding per key. Fragments are added in the order in which they were read; close it when done.

    Once all are added, threads may read it side by side.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._directory = tempfile.TemporaryDirectory(prefix="found-")
        self._table = sqlite3.connect(
            Path(self._directory.name, "found.sqlite"), isolation_level=None, check_same_thread=False
        )
        self._table.executescript(_TABLE)
        self._gone_below: set[str] = set()

    def close(self) -> None:
        self._table.close()
        self._directory.cleanup()

    def add(self, fragment: Fragment) -> None:
        """Take in a fragment's findings, page after page; within a page deletions come before records."""
        rows = _rows(fragment)
        stored_from = seen_from = deleted_from = 0
        self._table.execute("BEGIN")
        for stored, seen, deleted in fragment.pages:
            self._forget(fragment.deleted[deleted_from:deleted])
            self._put((key, SEEN) for key in fragment.seen[seen_from:seen])
            self._table.executemany(_PUT, rows[stored_from:stored])
            stored_from, seen_from, deleted_from = stored, seen, deleted
        self._table.execute("COMMIT")

    def stored(self) -> Iterator[tuple[str, Place]]:
        """List the keys whose records the job has stored, and where, in the order in which they were stored."""
        with self._lock:
            rows = self._table.execute(_STORED)
        while some := self._next(rows):
            for key, *place in some:
                yield key, Place(*place)

    def kinds(self, keys: Sequence[str]) -> dict[str, int]:
        """Tell what was found of those keys; those of which nothing was found are left out."""
        marks = ", ".join("?" * len(keys))
        with self._lock:
            found = dict(self._table.execute(f"SELECT key, kind FROM found WHERE key IN ({marks})", keys))  # noqa: S608  marks only
        gone = {key: GONE for key in keys if key not in found and self._is_below_gone(key)}
        return found | gone

    def _next(self, rows: sqlite3.Cursor) -> list[tuple[Any, ...]]:
        with self._lock:
            return rows.fetchmany(_AT_ONCE)

    def _put(self, kinds: Iterable[tuple[str, int]]) -> None:
        self._table.executemany(_PUT, ((key, kind, None, None, None, None, None, None) for key, kind in kinds))

    def _forget(self, deleted: Sequence[str]) -> None:
        self._put((key, GONE) for key in deleted if not key.endswith("/"))
        for prefix in (key for key in deleted if key.endswith("/")):
            self._gone_below.add(prefix)
            self._table.execute("UPDATE found SET kind = 2 WHERE key >= ? AND key < ?", (prefix, after_prefix(prefix)))

    def _is_below_gone(self, key: str) -> bool:
        return any(key[: at + 1] in self._gone_below for at, letter in enumerate(key) if letter == "/")


class FoundOf:
    """What a job has found out of whole streams: each is gathered once for all threads that ask; close it when done."""

    def __init__(self, fragments: Callable[[str], Iterable[Fragment]]) -> None:
        self._fragments = fragments
        self._lock = Lock()
        self._gathered: dict[str, Found] = {}

    def stream(self, name: str) -> Found:
        """Give what was found of a stream that the job has read to its end."""
        with self._lock:
            if name not in self._gathered:
                self._gathered[name] = _gathered(self._fragments(name))
            return self._gathered[name]

    def close(self) -> None:
        for found in self._gathered.values():
            found.close()


def _gathered(fragments: Iterable[Fragment]) -> Found:
    found = Found()
    try:
        for fragment in fragments:
            found.add(fragment)
    except BaseException:
        found.close()
        raise
    return found


def _rows(fragment: Fragment) -> list[tuple[object, ...]]:
    if fragment.part is None:
        return []
    numbers, starts, lengths = fragment.place_columns()
    return [
        (key, STORED, fragment.part.key, frame.offset, frame.size, frame.raw, start, length)
        for key, frame, start, length in zip(
            fragment.keys, (fragment.frames[n] for n in numbers), starts, lengths, strict=True
        )
    ]
