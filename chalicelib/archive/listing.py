"""Listing one index in order: which rows of it follow a place, by key or by cursor."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from chalicelib.archive.index import VERSIONS, IndexReader, Version

Order = Literal["key", "cursor"]
SortKey = tuple[Any, ...]
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class After:
    """The place of the last version already seen; `cursor` counts only where the order is by cursor."""

    key: str
    cursor: int | float | str | None = None


def by_key(reader: IndexReader, after: After | None, *, backwards: bool, prefix: str) -> Iterator[Version]:
    """List the versions whose keys begin with `prefix`, deletions included."""
    condition, values = _bounds(after, backwards=backwards, prefix=prefix)
    rows = reader.connection.execute(f"{VERSIONS} {condition} ORDER BY v.key {_way(backwards)}", values)
    return map(reader.version, rows)


def keys_only(reader: IndexReader, prefix: str, after: After | None = None) -> Iterator[tuple[str, int]]:
    """List the keys that begin with `prefix`, each with its change."""
    condition, values = _bounds(after, backwards=False, prefix=prefix)
    query = f"SELECT v.key, v.change FROM versions v {condition} ORDER BY v.key"  # noqa: S608  conditions are constants
    return reader.connection.execute(query, values)


def by_cursor(reader: IndexReader, after: After | None, *, backwards: bool) -> Iterator[Version]:
    """List the versions by cursor and key, those without a cursor first, deletions included."""
    way = _way(backwards)
    pieces = [
        reader.connection.execute(f"{VERSIONS} WHERE {condition} ORDER BY v.cursor {way}, v.key {way}", values)
        for condition, values in _segments(after, backwards=backwards)
    ]
    return map(reader.version, chain.from_iterable(pieces))


def key_order(version: Version) -> SortKey:
    return (version.key,)


def cursor_order(version: Version) -> SortKey:
    """Sort as SQLite does: nothing, then numbers, then texts; equal cursors by key."""
    cursor = version.cursor
    if cursor is None:
        return (0, 0, version.key)
    return (2 if isinstance(cursor, str) else 1, cursor, version.key)


def after_prefix(prefix: str) -> str | None:
    """Find the first key behind all that begin with `prefix`; None where there is none such."""
    stem = prefix.rstrip(_LAST)
    if not stem:
        return None
    last = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if last == 0xD800 else last)


def _bounds(after: After | None, *, backwards: bool, prefix: str) -> tuple[str, list[str]]:
    end = after_prefix(prefix)
    bounds = {
        "v.key >= ?": prefix or None,
        "v.key < ?": end,
        f"v.key {'<' if backwards else '>'} ?": after.key if after else None,
    }
    used = [(condition, value) for condition, value in bounds.items() if value is not None]
    where = " AND ".join(condition for condition, _ in used)
    return (f"WHERE {where}" if where else ""), [value for _, value in used]


def _segments(after: After | None, *, backwards: bool) -> list[tuple[str, list[Any]]]:
    """Cut the order by cursor in two, the rows without a cursor and those with one: SQLite then seeks in both."""
    beyond = "<" if backwards else ">"
    if after is None:
        without: tuple[str, list[Any]] | None = ("v.cursor IS NULL", [])
        having: tuple[str, list[Any]] | None = ("v.cursor IS NOT NULL", [])
    elif after.cursor is None:
        without = (f"v.cursor IS NULL AND v.key {beyond} ?", [after.key])
        having = None if backwards else ("v.cursor IS NOT NULL", [])
    else:
        without = ("v.cursor IS NULL", []) if backwards else None
        having = (f"(v.cursor, v.key) {beyond} (?, ?)", [after.cursor, after.key])
    ordered = (having, without) if backwards else (without, having)
    return [segment for segment in ordered if segment is not None]


def _way(backwards: bool) -> str:
    return "DESC" if backwards else "ASC"
