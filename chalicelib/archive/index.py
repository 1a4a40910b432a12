"""The index: an SQLite file that says where every version of a stream's records is.

One file holds what one snapshot changed; a merged one the newest version per key of several snapshots in a row.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from chalicelib.archive.fragments import DELETED, Fragment, Places
from chalicelib.errors import FatalError

VERSION = 1
OWN = 1
# Keys are sorted in pieces as large as the cache, which is fastest where a piece fits the core's.
PRAGMAS = """
PRAGMA page_size = 16384; PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA locking_mode = exclusive;
PRAGMA cache_size = -4096; PRAGMA temp_store = file;
"""
TABLES = """
CREATE TABLE snapshots (number INTEGER PRIMARY KEY, id TEXT NOT NULL, directory TEXT NOT NULL);
CREATE TABLE frames (number INTEGER PRIMARY KEY, part TEXT NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,
    raw INTEGER NOT NULL);
CREATE TABLE versions (key TEXT NOT NULL, hash BLOB, cursor, change INTEGER NOT NULL DEFAULT 0,
    snapshot INTEGER NOT NULL DEFAULT 1, frame INTEGER, start INTEGER, length INTEGER, prior INTEGER, parent INTEGER);
"""
_AT_ONCE = 50
UNIQUE_KEYS = "CREATE UNIQUE INDEX versions_key ON versions (key)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line is: a frame of a part, as compressed bytes of the object, and the line within its raw bytes."""

    part: str
    frame_start: int
    frame_size: int
    frame_raw: int
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record: in which snapshot it came, and in which its prior version did (None: it is the first).

    A deletion has neither hash nor place. `parent` is how many characters of the key are the parent's.
    """

    key: str
    hash: bytes | None
    cursor: int | float | str | None
    change: int
    snapshot: str
    directory: str
    place: Place | None
    prior: str | None
    prior_directory: str | None
    parent: int | None

    @property
    def deleted(self) -> bool:
        return self.change == DELETED


def create(path: Path) -> sqlite3.Connection:
    """Start an index file; nothing but this process may see it until it is finished."""
    connection = sqlite3.connect(path.absolute().as_uri(), uri=True, isolation_level=None)
    connection.executescript(PRAGMAS + TABLES + f"PRAGMA user_version = {VERSION};")
    connection.execute("BEGIN")
    return connection


@dataclass(slots=True)
class Numbers:
    """Gives the snapshots that an index names their numbers in it; the index's own snapshot is number 1."""

    of: dict[str, int] = field(default_factory=dict)
    directories: dict[str, str] = field(default_factory=dict)

    def number(self, snapshot: str, directory: str) -> int:
        self.directories[snapshot] = directory
        return self.of.setdefault(snapshot, len(self.of) + 1)

    def write(self, connection: sqlite3.Connection) -> None:
        rows = [(number, snapshot, self.directories[snapshot]) for snapshot, number in self.of.items()]
        connection.executemany("INSERT INTO snapshots VALUES (?, ?, ?)", rows)


def add_fragment(
    connection: sqlite3.Connection,
    fragment: Fragment,
    places: Places,
    first_frame: int,
    numbers: Numbers,
    directories: Mapping[str, str],
) -> None:
    """Insert a fragment's frames, numbered from `first_frame`, and its rows, as they came; the last of a key counts.

    Columns in which nothing differs from the table's defaults are left to them: each costs as every value does.
    """
    if fragment.part is None:
        return
    part = fragment.part.key
    frames = [(first_frame + n, part, frame.offset, frame.size, frame.raw) for n, frame in enumerate(fragment.frames)]
    connection.executemany("INSERT INTO frames VALUES (?, ?, ?, ?, ?)", frames)
    frame_column, start_column, length_column = places
    columns: dict[str, Sequence[Any]] = {
        "key": fragment.keys,
        "hash": fragment.hash_column(),
        "frame": [first_frame + number for number in frame_column],
        "start": start_column,
        "length": length_column,
    }
    if any(cursor is not None for cursor in fragment.cursors):
        columns["cursor"] = fragment.cursors
    if any(fragment.changes):
        columns["change"] = fragment.changes
    if fragment.priors:
        columns["prior"] = [p and numbers.number(p, directories[p]) for p in fragment.priors]
    if fragment.parents:
        columns["parent"] = fragment.parents
    insert(connection, "versions", columns)


def insert(connection: sqlite3.Connection, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given as columns, many with each statement: running one costs as much as storing a row."""
    width, count = len(columns), len(next(iter(columns.values())))
    into, marks = f"INSERT INTO {table} ({', '.join(columns)}) VALUES", f"({', '.join('?' * width)})"
    rows = zip(*columns.values(), strict=True)
    values = chain.from_iterable(islice(rows, count - count % _AT_ONCE))
    many = zip(*[values] * (_AT_ONCE * width), strict=True)
    connection.executemany(f"{into} {', '.join([marks] * _AT_ONCE)}", many)
    connection.executemany(f"{into} {marks}", rows)


def keep_last_of_each_key(connection: sqlite3.Connection) -> int:
    """Make keys unique, the last row of each winning; returns how many rows went."""
    try:
        connection.execute(UNIQUE_KEYS)
    except sqlite3.IntegrityError:
        connection.execute("CREATE INDEX versions_key ON versions (key)")
        last = "SELECT max(rowid) FROM versions GROUP BY key"
        gone = connection.execute(f"DELETE FROM versions WHERE rowid NOT IN ({last})").rowcount  # noqa: S608  a constant
        connection.execute("DROP INDEX versions_key")
        connection.execute(UNIQUE_KEYS)
        return gone
    return 0


@dataclass(slots=True)
class IndexReader:
    """A finished index file, read only."""

    path: Path
    connection: sqlite3.Connection
    snapshots: dict[int, tuple[str, str]]

    @classmethod
    def open(cls, path: Path, cache_bytes: int = 8 * 1024 * 1024) -> "IndexReader":
        """Open an index; raises FatalError for one of a version this program does not know."""
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, check_same_thread=False)
        connection.execute(f"PRAGMA cache_size = -{max(1024, cache_bytes // 1024)}")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found != VERSION:
            connection.close()
            raise FatalError(f"the index is of version {found}, this program reads {VERSION}: upgrade ListBackup")
        rows = connection.execute("SELECT number, id, directory FROM snapshots")
        return cls(path, connection, {number: (snapshot, directory) for number, snapshot, directory in rows})

    def close(self) -> None:
        self.connection.close()

    def rows(self) -> int:
        count: int = self.connection.execute("SELECT count(*) FROM versions").fetchone()[0]
        return count

    def newest(self, keys: Sequence[str]) -> list[tuple[str, bytes | None, int]]:
        """Find of the given keys those it has: key, hash (None: deleted) and the number of the snapshot."""
        found: list[tuple[str, bytes | None, int]] = []
        for start in range(0, len(keys), 512):
            some = keys[start : start + 512]
            padded = [*some, *[None] * ((1 << (len(some) - 1).bit_length()) - len(some))]
            found += self.connection.execute(_NEWEST.format(", ".join(["(?)"] * len(padded))), padded)
        return found

    def version(self, row: Sequence[Any]) -> Version:
        """Build a version from a row of `VERSIONS`."""
        key, hash_, cursor, change, snapshot, part, frame_start, size, raw, start, length, prior, parent = row
        name, directory = self.snapshots[snapshot]
        prior_name, prior_directory = self.snapshots[prior] if prior else (None, None)
        place = Place(part, frame_start, size, raw, start, length) if part is not None else None
        return Version(key, hash_, cursor, change, name, directory, place, prior_name, prior_directory, parent)


_NEWEST = "WITH wanted (it) AS (VALUES {}) SELECT key, hash, snapshot FROM wanted CROSS JOIN versions ON key = it"
VERSIONS = """
SELECT v.key, v.hash, v.cursor, v.change, v.snapshot, f.part, f.start, f.size, f.raw, v.start, v.length, v.prior,
v.parent FROM versions v LEFT JOIN frames f ON f.number = v.frame
"""
