"""The part writer: takes a slice's pages in, gives a part and its fragment out."""

from array import array
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from chalicelib.archive.changes import PageChanges
from chalicelib.archive.fragments import Fragment
from chalicelib.archive.heads import Cursor
from chalicelib.archive.pages import Quarantined
from chalicelib.archive.parts import Body, LineWriter, body_of

PART_BYTES = 16 * 1024 * 1024
KEY_BYTES = 84


@dataclass(frozen=True, slots=True)
class Closed:
    """What a writer gathered: the bodies to store (None: there is nothing to store) and the fragment about them."""

    part: Body | None
    quarantine: Body | None
    fragment: Fragment

    def stored_as(self, part_key: str, quarantine_key: str) -> Fragment:
        """Make the fragment to be written once the bodies are stored under these keys, below the source's root."""
        return msgspec.structs.replace(
            self.fragment,
            part=self.part.ref(part_key) if self.part else None,
            quarantine=self.quarantine.ref(quarantine_key) if self.quarantine else None,
        )


@dataclass(slots=True)
class _Columns:
    keys: list[str] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    cursors: list[Cursor] = field(default_factory=list)
    lengths: "array[int]" = field(default_factory=lambda: array("I"))
    changes: bytearray = field(default_factory=bytearray)
    priors: list[str | None] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)


@dataclass(slots=True)
class PartWriter:
    """Gathers one slice's pages. Close it when `full`, after it was open for a minute, and at the end of the slice."""

    duplicates: int = 0
    _lines: LineWriter = field(default_factory=LineWriter)
    _rows: _Columns = field(default_factory=_Columns)
    _seen: list[str] = field(default_factory=list)
    _deleted: list[str] = field(default_factory=list)
    _visited: list[str] = field(default_factory=list)
    _pages: list[tuple[int, int, int]] = field(default_factory=list)
    _quarantined: list[Quarantined] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether the part is whole: 16 MiB of lines, or 200,000 keys of what is unchanged, or some of both."""
        return self.gathered >= PART_BYTES

    @property
    def gathered(self) -> int:
        """How much it holds: its lines' bytes, and for each key without a line about what that takes in memory."""
        return self._lines.raw_bytes + KEY_BYTES * (len(self._seen) + len(self._deleted))

    @property
    def empty(self) -> bool:
        return not (self._pages or self._visited)

    def add_page(self, page: PageChanges, *, deleted: Sequence[str] = (), visited: Sequence[str] = ()) -> None:
        """Take one page in: what it changes, the keys it reports as deleted, and the parents it has all children of.

        Within a page deletions come before records: a key that is in both is there.
        """
        stored, rows = page.stored, self._rows
        self._lines.add(stored.lines)
        rows.priors += page.priors or [None] * len(stored.keys)
        rows.keys += stored.keys
        rows.hashes += stored.hashes
        rows.cursors += stored.cursors
        rows.lengths.extend(map(len, stored.lines))
        rows.changes += page.changes
        rows.parents += stored.parents or ()
        self._seen += page.seen
        self._deleted += deleted
        self._visited += visited
        self._quarantined += stored.quarantined
        self._pages.append((len(rows.keys), len(self._seen), len(self._deleted)))

    def close(self) -> Closed:
        """Finish the part; the writer is of no further use."""
        part, rows = self._lines.finish(), self._rows
        fragment = Fragment(
            frames=part.frames if part else [],
            keys=rows.keys,
            hashes=b"".join(rows.hashes),
            cursors=rows.cursors,
            lengths=rows.lengths.tobytes(),
            changes=bytes(rows.changes),
            priors=rows.priors if any(rows.priors) else None,
            parents=rows.parents or None,
            seen=self._seen,
            deleted=self._deleted,
            visited=self._visited,
            pages=self._pages,
            duplicates=self.duplicates,
        )
        return Closed(part, body_of(map(_quarantine_line, self._quarantined)), fragment)


def _quarantine_line(record: Quarantined) -> bytes:
    return msgspec.json.encode({"reason": record.reason, "bytes_base64": b64encode(record.raw).decode()})
