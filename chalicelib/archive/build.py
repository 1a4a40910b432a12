"""Building a stream's own index at seal: from the fragments of its parts, and from what is gone since.

Of everything a run learnt about a key the latest counts: stored, seen as it was, or reported deleted. Within a slice
the pages tell the order; a later slice counts as later.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, pairwise, repeat
from pathlib import Path

from chalicelib.archive import index
from chalicelib.archive.fragments import Fragment, Places
from chalicelib.archive.state import State

GONE = """
INSERT INTO work.gone VALUES (?, ?, ?)
ON CONFLICT (key) DO UPDATE SET page = max(page, excluded.page)
"""
_WORK = """
CREATE TABLE work.seen (key TEXT NOT NULL, page INTEGER NOT NULL);
CREATE TABLE work.gone (key TEXT PRIMARY KEY, page INTEGER NOT NULL, evidence TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE work.dropped (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE work.visited (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE work.lost (key TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@dataclass(slots=True)
class Build:
    """An index file under construction, with a work file beside it for what the run saw, lost and visited.

    `page_starts` tells, per page, the frame and the start in it of the first row that came after the page's beginning;
    `prefixes` which prefixes the vendor reported as gone, and on which page.
    """

    connection: sqlite3.Connection
    previous: State
    numbers: index.Numbers
    directories: dict[str, str]
    page_starts: list[tuple[int, int]] = field(default_factory=list)
    prefixes: list[tuple[str, int]] = field(default_factory=list)
    frames: int = 0
    lines: int = 0
    seen: int = 0
    duplicates: int = 0

    def load(self, fragment: Fragment) -> None:
        """Take in what one part added."""
        self.lines += len(fragment.keys)
        self.seen += len(fragment.seen)
        self.duplicates += fragment.duplicates
        places = fragment.place_columns()
        index.add_fragment(self.connection, fragment, places, self.frames, self.numbers, self.directories)
        first = len(self.page_starts)
        self.page_starts += _page_starts(fragment, places, self.frames)
        self.frames += len(fragment.frames)
        seen_on = _page_numbers([ends[1] for ends in fragment.pages], first)
        index.insert(self.connection, "work.seen", {"key": fragment.seen, "page": seen_on})
        visited = ((key,) for key in fragment.visited)
        self.connection.executemany("INSERT OR IGNORE INTO work.visited VALUES (?)", visited)
        deleted_on = _page_numbers([ends[2] for ends in fragment.pages], first)
        for key, page in zip(fragment.deleted, deleted_on, strict=True):
            self._note_deleted(key, page)

    def page_of(self, frame: int, start: int) -> int:
        """Tell which page a row came with."""
        return bisect_right(self.page_starts, (frame, start)) - 1

    def prior(self, snapshot: str) -> int:
        """Give the number, in this index, of the snapshot that holds a prior version."""
        return self.numbers.number(snapshot, self.directories[snapshot])

    def _note_deleted(self, key: str, page: int) -> None:
        """Note what the vendor reports as gone; a key that ends in `/` is a prefix of many."""
        if key.endswith("/"):
            self.prefixes.append((key, page))
        keys = self.previous.live_keys(key) if key.endswith("/") else [key]
        self.connection.executemany(GONE, ((gone, page, "vendor") for gone in keys))


@contextmanager
def started(path: Path, snapshot: str, directory: str, indexes: Sequence[Path]) -> Iterator[Build]:
    """Build the index of a snapshot over the state that `indexes` give; the work file goes with the block."""
    work = path.with_suffix(".work")
    try:
        with closing(State.over(indexes)) as previous, closing(index.create(path)) as connection:
            connection.execute("COMMIT")
            connection.execute("ATTACH ? AS work", (work.absolute().as_uri(),))
            connection.executescript(f"PRAGMA work.journal_mode = off; PRAGMA work.synchronous = off; {_WORK}")
            connection.execute("BEGIN")
            numbers = index.Numbers()
            numbers.number(snapshot, directory)
            yield Build(connection, previous, numbers, previous.directories())
    finally:
        work.unlink(missing_ok=True)


def _page_starts(fragment: Fragment, places: Places, first_frame: int) -> list[tuple[int, int]]:
    """Tell where each page's first row is; of a page without rows, where the next row is."""
    frames, starts, _ = places
    begins = [0, *(ends[0] for ends in fragment.pages)][: len(fragment.pages)]
    end = (first_frame + len(fragment.frames), 0)
    return [(first_frame + frames[row], starts[row]) if row < len(frames) else end for row in begins]


def _page_numbers(ends: Sequence[int], first: int) -> list[int]:
    """Number the page of every value of a column, given where each page ends in it."""
    lengths = (end - begin for begin, end in pairwise(chain([0], ends)))
    return list(chain.from_iterable(repeat(first + number, length) for number, length in enumerate(lengths)))
