"""Merging indexes, so that a state never needs more than a few of them however long a source has been backed up.

While the last-but-one index of a chain has less than twice the rows of the last, the two are made one: the chain stays
logarithmic in the number of rows, and each row is copied a logarithmic number of times.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from chalicelib.archive import index

_COPY = """
INSERT INTO versions (key, hash, cursor, change, snapshot, frame, start, length, prior, parent)
SELECT key, hash, cursor, change, (SELECT new FROM renumbered WHERE old = o.snapshot), frame + ?, start, length,
    (SELECT new FROM renumbered WHERE old = o.prior), parent
FROM older.versions o WHERE NOT EXISTS (SELECT 1 FROM main.versions v WHERE v.key = o.key) ORDER BY o.key
"""
_DROP_DELETIONS = """
DELETE FROM versions WHERE change = 2 AND (SELECT sum(change = 2) > sum(change < 2) FROM versions)
"""
_PRUNE = """
DELETE FROM frames WHERE number NOT IN (SELECT frame FROM versions WHERE frame IS NOT NULL);
DELETE FROM snapshots WHERE number NOT IN
    (SELECT snapshot FROM versions UNION SELECT prior FROM versions WHERE prior IS NOT NULL);
"""


def to_merge(rows: Sequence[int]) -> int:
    """Tell how many of the last indexes of a chain are to become one, given their rows, oldest first; 1 is none."""
    merged, count = rows[-1], 1
    while count < len(rows) and rows[-count - 1] < 2 * merged:
        merged += rows[-count - 1]
        count += 1
    return count


def merge_indexes(paths: Sequence[Path], path: Path, *, whole: bool) -> int:
    """Merge index files, oldest first, into a new one with the newest version of each key; returns its rows.

    `whole` says that nothing is older: deletions then go once they outnumber the records. Until then they stay, since a
    deleted record's history begins at its deletion.
    """
    connection = index.create(path)
    connection.execute(index.UNIQUE_KEYS)
    connection.execute("CREATE TEMP TABLE renumbered (old INTEGER PRIMARY KEY, new INTEGER)")
    numbers, frames = index.Numbers(), 0
    for older in reversed(paths):
        frames = _add(connection, older, numbers, frames)
    if whole:
        connection.execute(_DROP_DELETIONS)
    numbers.write(connection)
    connection.executescript(_PRUNE)
    rows: int = connection.execute("SELECT count(*) FROM versions").fetchone()[0]
    connection.close()
    return rows


def _add(connection: sqlite3.Connection, older: Path, numbers: index.Numbers, frames: int) -> int:
    """Copy from an index what those before it had not; returns how many frame numbers are used up."""
    connection.execute("COMMIT")
    connection.execute("ATTACH ? AS older", (f"{older.absolute().as_uri()}?immutable=1",))
    connection.execute("BEGIN")
    snapshots = connection.execute("SELECT number, id, directory FROM older.snapshots").fetchall()
    renumbered = [(number, numbers.number(name, directory)) for number, name, directory in snapshots]
    connection.execute("DELETE FROM renumbered")
    connection.executemany("INSERT INTO renumbered VALUES (?, ?)", renumbered)
    connection.execute(_COPY, (frames,))
    connection.execute("INSERT INTO frames SELECT number + ?, part, start, size, raw FROM older.frames", (frames,))
    used: int = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM frames").fetchone()[0]
    connection.execute("COMMIT")
    connection.execute("DETACH older")
    connection.execute("BEGIN")
    return used
