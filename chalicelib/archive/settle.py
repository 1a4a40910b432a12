"""Settling a build: for every key what came last counts, and what is gone gets its tombstone."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from chalicelib.archive import index
from chalicelib.archive.build import GONE, Build
from chalicelib.archive.fragments import ADDED, CHANGED, DELETED
from chalicelib.archive.index import IndexReader
from chalicelib.archive.listing import after_prefix

Sweep = Literal["all", "parents", "none"]

# Walks both in the order of their keys, and looks at the rows themselves only of the keys that were not listed.
_ALL = """
INSERT OR IGNORE INTO work.gone SELECT p.key, 0, 'sweep' FROM before.versions p INDEXED BY versions_key
WHERE NOT EXISTS (SELECT 1 FROM work.seen s WHERE s.key = p.key)
AND NOT EXISTS (SELECT 1 FROM main.versions v WHERE v.key = p.key)
AND (SELECT o.change FROM before.versions o WHERE o.key = p.key) < 2
"""
_UNDER = """
INSERT OR IGNORE INTO work.gone SELECT p.key, 0, ? FROM before.versions p
WHERE p.key >= ? AND p.key < ? AND p.parent = ? AND p.change < 2
AND NOT EXISTS (SELECT 1 FROM work.seen s WHERE s.key = p.key)
AND NOT EXISTS (SELECT 1 FROM main.versions v WHERE v.key = p.key)
"""
_OF_VISITED = """
INSERT OR IGNORE INTO work.gone SELECT p.key, 0, 'sweep' FROM work.visited p
WHERE NOT EXISTS (SELECT 1 FROM work.seen s WHERE s.key = p.key)
AND NOT EXISTS (SELECT 1 FROM main.versions v WHERE v.key = p.key)
"""
_OF_LOST = """
INSERT OR IGNORE INTO work.gone SELECT p.key, 0, 'parent' FROM work.lost p
WHERE NOT EXISTS (SELECT 1 FROM work.seen s WHERE s.key = p.key)
AND NOT EXISTS (SELECT 1 FROM main.versions v WHERE v.key = p.key)
"""
_STORED_AND_GONE = "SELECT g.key, g.page, v.frame, v.start FROM work.gone g CROSS JOIN versions v ON v.key = g.key"
_SEEN_AND_GONE = "SELECT g.key, g.page, max(s.page) FROM work.gone g JOIN work.seen s ON s.key = g.key GROUP BY g.key"
_STORED_AND_SEEN = """
SELECT v.key, v.frame, v.start, max(s.page) FROM versions v CROSS JOIN work.seen s ON s.key = v.key GROUP BY v.key
"""
_FORGET_NEVER = "DELETE FROM work.gone WHERE key = ? AND key NOT IN (SELECT key FROM work.dropped)"
_ADDED_AND_CHANGED = "SELECT count(*) FILTER (WHERE change = ?), count(*) FILTER (WHERE change = ?) FROM versions"
_NEXT_GONE = "SELECT key FROM work.gone WHERE key > ? ORDER BY key LIMIT 500"
_STORED_UNDER = "SELECT key, frame, start FROM versions WHERE key >= ? AND key < ?"


@dataclass(frozen=True, slots=True)
class Rules:
    """How a run shows what is gone.

    `sweep`: everything it did not list is (`all`), or every child it did not list of the parents it visited
    (`parents`). `keyed`: each record's key is its parent's. `lost_parents` are gone, and their children with them.
    """

    sweep: Sweep = "none"
    keyed: bool = False
    lost_parents: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run did to one stream. `superseded` lines of its parts are no version's; `rows` are the index's."""

    lines: int
    added: int
    changed: int
    unchanged: int
    deleted: int
    superseded: int
    duplicates: int
    rows: int


def settle(build: Build, rules: Rules) -> Counts:
    """Bring a loaded build to its final rows; `work.gone` and `work.dropped` then hold what its deletions file says."""
    connection = build.connection
    connection.execute("COMMIT")
    stored = build.lines - index.keep_last_of_each_key(connection)
    connection.execute("CREATE INDEX work.seen_key ON seen (key, page)")
    unchanged, changes = _unchanged(connection), connection.total_changes
    listed = stored + unchanged
    _settle_order(build)
    if connection.total_changes != changes:
        unchanged = _unchanged(connection)
    _sweep(build, rules)
    deleted = _bury(build)
    with transaction(connection):
        build.numbers.write(connection)
    if _number(connection, "SELECT count(*) FROM work.dropped"):
        connection.execute("VACUUM main")  # what rows leave behind depends on their order, and a rebuild must not
    added, changed = connection.execute(_ADDED_AND_CHANGED, (ADDED, CHANGED)).fetchone()
    return Counts(
        lines=build.lines,
        added=added,
        changed=changed,
        unchanged=unchanged,
        deleted=deleted,
        superseded=build.lines - added - changed,
        duplicates=build.duplicates + build.lines + build.seen - listed,
        rows=added + changed + deleted,
    )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make what is done within one write."""
    connection.execute("BEGIN")
    yield
    connection.execute("COMMIT")


def _settle_order(build: Build) -> None:
    """Keep of a key that was stored, seen and reported deleted in one run only what came last."""
    connection = build.connection
    _note_gone_prefixes(build)
    stored_gone = connection.execute(_STORED_AND_GONE).fetchall()
    there = [key for key, page, frame, start in stored_gone if build.page_of(frame, start) >= page]
    _forget(connection, "work.gone", there)
    _drop(connection, [key for key, page, frame, start in stored_gone if build.page_of(frame, start) < page])
    seen_gone = connection.execute(_SEEN_AND_GONE).fetchall()
    _forget(connection, "work.gone", [key for key, page, seen in seen_gone if seen >= page])
    _forget(connection, "work.seen", [key for key, page, seen in seen_gone if seen < page])
    stored_seen = connection.execute(_STORED_AND_SEEN) if build.seen else ()
    _drop(connection, [key for key, frame, start, seen in stored_seen if seen > build.page_of(frame, start)])


def _note_gone_prefixes(build: Build) -> None:
    """Note as gone also what the run itself had stored under a prefix before that was reported gone."""
    for prefix, page in build.prefixes:
        found = build.connection.execute(_STORED_UNDER, (prefix, after_prefix(prefix))).fetchall()
        with transaction(build.connection):
            before = ((key, page, "vendor") for key, frame, start in found if build.page_of(frame, start) < page)
            build.connection.executemany(GONE, before)


def _drop(connection: sqlite3.Connection, keys: list[str]) -> None:
    """Take rows out whose lines are in the parts all the same; the deletions file will say so."""
    _forget(connection, "versions", keys)
    with transaction(connection):
        connection.executemany("INSERT OR IGNORE INTO work.dropped VALUES (?)", ((key,) for key in keys))


def _forget(connection: sqlite3.Connection, table: str, keys: list[str]) -> None:
    with transaction(connection):
        connection.executemany(f"DELETE FROM {table} WHERE key = ?", ((key,) for key in keys))  # noqa: S608  ours


def _sweep(build: Build, rules: Rules) -> None:
    """Note as gone what the run shows to be gone without anybody's saying so."""
    connection = build.connection
    with transaction(connection):
        connection.executemany("INSERT OR IGNORE INTO work.lost VALUES (?)", ((key,) for key in rules.lost_parents))
    for reader in build.previous.readers:
        with _attached(connection, reader):
            _sweep_index(connection, rules)
    if rules.keyed and rules.sweep == "parents":
        connection.execute(_OF_VISITED)
    if rules.keyed:
        connection.execute(_OF_LOST)


def _sweep_index(connection: sqlite3.Connection, rules: Rules) -> None:
    if not rules.keyed:
        _sweep_under(connection, "SELECT key FROM work.lost", "parent")
    if rules.sweep == "all":
        connection.execute(_ALL)
    if rules.sweep == "parents" and not rules.keyed:
        _sweep_under(connection, "SELECT key FROM work.visited", "sweep")


def _sweep_under(connection: sqlite3.Connection, parents: str, evidence: str) -> None:
    found = connection.execute(parents)
    while some := found.fetchmany(1000):
        values = [(evidence, f"{key}/", after_prefix(f"{key}/"), len(key)) for (key,) in some]
        connection.executemany(_UNDER, values)


def _bury(build: Build) -> int:
    """Turn into tombstones what was there before and is gone; returns how many."""
    connection, deleted, last = build.connection, 0, ""
    while some := [key for (key,) in connection.execute(_NEXT_GONE, (last,))]:
        last = some[-1]
        known = build.previous.known(some)
        live = {key: old.snapshot for key, old in known.items() if old.hash is not None}
        never = [key for key in some if key not in live]
        rows = [(key, DELETED, build.prior(live[key])) for key in some if key in live]
        with transaction(connection):
            connection.executemany("INSERT INTO versions (key, change, prior) VALUES (?, ?, ?)", rows)
            connection.executemany(_FORGET_NEVER, ((key,) for key in never))
        deleted += len(rows)
    return deleted


@contextmanager
def _attached(connection: sqlite3.Connection, reader: IndexReader) -> Iterator[None]:
    connection.execute("ATTACH ? AS before", (f"{reader.path.absolute().as_uri()}?immutable=1",))
    yield
    connection.execute("DETACH before")


def _unchanged(connection: sqlite3.Connection) -> int:
    """Count the keys that were seen as they were, and not stored as well."""
    seen = _number(connection, "SELECT count(*) FROM (SELECT DISTINCT key FROM work.seen)")
    stored = "SELECT count(*) FROM versions v WHERE EXISTS (SELECT 1 FROM work.seen s WHERE s.key = v.key)"
    return seen - (_number(connection, stored) if seen else 0)


def _number(connection: sqlite3.Connection, query: str, *values: object) -> int:
    number: int = connection.execute(query, values).fetchone()[0]
    return number
