"""Building a stream's own index at seal: what the fragments stored, and what is gone since the previous snapshot.

Of everything a run learnt about a key the latest counts: stored, seen as it was, or reported deleted. Pages tell the order.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from chalicelib.archive import index
from chalicelib.archive.fragments import ADDED, CHANGED, DELETED, Fragment
from chalicelib.archive.listing import after_prefix
from chalicelib.archive.state import State

Evidence = Literal["vendor", "sweep", "parent", "reverted"]
Sweep = Literal["all", "parents", "none"]

_WORK = """
CREATE TABLE work.seen (key TEXT NOT NULL, page INTEGER NOT NULL);
CREATE TABLE work.gone (key TEXT PRIMARY KEY, page INTEGER NOT NULL, evidence TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE work.visited (key TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run did to one stream. `superseded` are lines of its parts that no version refers to."""

    lines: int
    added: int
    changed: int
    unchanged: int
    deleted: int
    superseded: int
    duplicates: int
    rows: int


@dataclass(slots=True)
class Build:
    """An index file being built, with a work file beside it.

    `first_pages` holds, per page with rows, where its first row is: frame number and start.
    """

    connection: sqlite3.Connection
    previous: State
    numbers: index.Numbers
    directories: dict[str, str]
    frames: int = 0
    pages: int = 0
    lines: int = 0
    seen: int = 0
    duplicates: int = 0
    page_starts: list[tuple[int, int]] = field(default_factory=list)
