"""Pages: from the records of one vendor answer to lines with their keys, cursors and hashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from msgspec import Raw

from chalicelib.archive.heads import Cursor, Heads
from chalicelib.archive.lines import splice, tighten

HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that cannot be placed: its bytes as the vendor sent them, and why."""

    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Lines:
    """The records of a page, as columns of equal length, and those that could not be placed.

    `lines` are Raw where they are as they were sent: views of the vendor's answer, not to be kept for long. `parents`
    is, per line, how many characters of its key are its parent's; None where the stream has no such parents.
    """

    keys: list[str]
    cursors: list[Cursor]
    lines: Sequence[bytes]
    hashes: list[bytes]
    parents: list[int] | None
    quarantined: list[Quarantined]


def read_page(records: Sequence[Raw], heads: Heads, parents: str | Sequence[str] | None = None) -> Lines:
    """Turn records into lines. `parents`: the key of the parent, of all or of each, that is to precede its own."""
    of_each = [parents] * len(records) if isinstance(parents, str) else parents
    try:
        lines, keys, cursors = _whole(records, heads)
    except (ValueError, RecursionError, msgspec.DecodeError):
        return _one_by_one(records, heads, of_each)
    return _placed(lines, keys, cursors, of_each, [])


def hash_line(line: bytes) -> bytes:
    """Compute what tells two versions of a record apart: half of the SHA-256 of its stored line."""
    return sha256(line).digest()[:HASH_BYTES]


def _whole(records: Sequence[Raw], heads: Heads) -> tuple[Sequence[bytes], list[str], list[Cursor]]:
    page = b"[" + b",".join(records) + b"]"
    if not page.isascii():
        page.decode()
    keys, cursors = heads.of_page(page)
    if len(keys) != len(records):
        raise ValueError("a record is not one JSON value")
    return tighten(records, page), keys, cursors


def _one_by_one(records: Sequence[Raw], heads: Heads, parents: Sequence[str] | None) -> Lines:
    lines: list[bytes] = []
    keys: list[str] = []
    cursors: list[Cursor] = []
    above: list[str] = []
    quarantined: list[Quarantined] = []
    for number, record in enumerate(records):
        raw = bytes(record)
        try:
            key, cursor = heads.of_record(raw)
        except ValueError as error:
            quarantined.append(Quarantined(raw, str(error)))
            continue
        lines += tighten([record], raw)
        keys.append(key)
        cursors.append(cursor)
        above.append(parents[number] if parents else "")
    return _placed(lines, keys, cursors, None if parents is None else above, quarantined)


def _placed(
    lines: Sequence[bytes],
    keys: list[str],
    cursors: list[Cursor],
    parents: Sequence[str] | None,
    quarantined: list[Quarantined],
) -> Lines:
    lengths = None
    if parents is not None:
        lines = list(map(splice, parents, map(bytes, lines)))
        keys = [f"{parent}/{key}" for parent, key in zip(parents, keys, strict=True)]
        lengths = list(map(len, parents))
    hashes = [sha256(line).digest()[:HASH_BYTES] for line in lines]
    return Lines(keys, cursors, lines, hashes, lengths, quarantined)
