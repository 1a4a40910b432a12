"""Holds one collection: seeded records rendered on demand, and whatever was changed since."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from sandbox.spelling import encode, keep_spelling

Record = dict[str, Any]
REMEMBERED = 50_000


class Keys(Protocol):
    """Turns an ordinal into a vendor's id, and back."""

    def key(self, ordinal: int) -> str: ...
    def ordinal(self, key: str) -> int | None: ...


class Collection:
    """Orders records by ordinal, which is the order of their creation.

    Ordinals below `base` are seeded: `render(ordinal)` makes the record and `born(ordinal)` says when it was created.
    Only changed and added records are kept in memory.
    """

    def __init__(
        self, name: str, keys: Keys, base: int, render: Callable[[int], Record], born: Callable[[int], int]
    ) -> None:
        self.name = name
        self.base = base
        self.deleted: dict[int, int] = {}  # ordinal -> when
        self._keys = keys
        self._render = render
        self._born = born
        self._changed: dict[int, Record] = {}
        self._added: list[int] = []  # creation times from `base` on
        self._own_keys: dict[str, int] = {}  # ids that the creator chose
        self._own_names: dict[int, str] = {}
        self._texts: dict[int, bytes] = {}  # what `encoded` gave, for seeded records

    @property
    def end(self) -> int:
        return self.base + len(self._added)

    def __len__(self) -> int:
        return self.end - len(self.deleted)

    def key(self, ordinal: int) -> str:
        return self._own_names.get(ordinal) or self._keys.key(ordinal)

    def locate(self, key: str) -> int | None:
        """Return the ordinal of a key, whether it still lives or was deleted."""
        if key in self._own_keys:
            return self._own_keys[key]
        ordinal = self._keys.ordinal(key)
        return ordinal if ordinal is not None and 0 <= ordinal < self.end and ordinal not in self._own_names else None

    def find(self, key: str) -> int | None:
        """Return the ordinal of a live record."""
        ordinal = self.locate(key)
        return None if ordinal is None or ordinal in self.deleted else ordinal

    def born(self, ordinal: int) -> int:
        return self._born(ordinal) if ordinal < self.base else self._added[ordinal - self.base]

    def record(self, ordinal: int) -> Record:
        """Return the record; it is a copy only where it was never changed."""
        changed = self._changed.get(ordinal)
        return self._render(ordinal) if changed is None else changed

    def encoded(self, ordinal: int, encode_record: Callable[[Record], bytes]) -> bytes:
        """Return a record's bytes; those of the first seeded records are remembered, since they are read most."""
        text = self._texts.get(ordinal)
        if text is None or ordinal in self._changed:
            text = encode_record(self.record(ordinal))
            if len(self._texts) < REMEMBERED and ordinal < self.base:
                self._texts[ordinal] = text
        return text

    def untouched(self, ordinal: int) -> bool:
        """Tell whether a record is as it was seeded."""
        return ordinal < self.base and ordinal not in self._changed

    def render(self, ordinal: int) -> Record:
        """Return what the seed gives for an ordinal, existing or not."""
        return self._render(ordinal)

    def live(self, ordinals: Iterable[int]) -> Iterator[int]:
        deleted = self.deleted
        return (ordinal for ordinal in ordinals if ordinal not in deleted)

    def touched(self) -> list[int]:
        """Return the ordinals that are not as seeded, in order."""
        return sorted(set(self._changed).union(range(self.base, self.end)))

    def first_born_at(self, moment: int) -> int:
        """Return the first ordinal created at `moment` or later."""
        return bisect_left(range(self.end), moment, key=self.born)

    def add(self, build: Callable[[int, str], Record], now: int, key: str = "") -> int:
        """Append the record that `build(ordinal, key)` gives."""
        ordinal = self.end
        self._added.append(max(now, self.born(ordinal - 1)) if ordinal else now)
        if key:
            self._own_keys[key], self._own_names[ordinal] = ordinal, key
        self._changed[ordinal] = build(ordinal, key or self._keys.key(ordinal))
        return ordinal

    def put(self, ordinal: int, record: Record) -> None:
        self._changed[ordinal] = record

    def delete(self, ordinal: int, now: int) -> None:
        self.deleted[ordinal] = now

    def purge(self, ordinal: int, now: int) -> None:
        """Delete a record and forget what it held."""
        self.deleted[ordinal] = now
        self._changed.pop(ordinal, None)

    def dump(self) -> dict[str, Any]:
        changed = [[ordinal, _fields(record)] for ordinal, record in self._changed.items()]
        return {
            "added": self._added,
            "deleted": list(self.deleted.items()),
            "own_keys": self._own_keys,
            "changed": changed,
        }

    def load(self, saved: dict[str, Any]) -> None:
        self._added = saved["added"]
        self.deleted = dict(map(tuple, saved["deleted"]))
        self._own_keys = saved["own_keys"]
        self._own_names = {ordinal: key for key, ordinal in self._own_keys.items()}
        self._changed = {
            ordinal: {name: keep_spelling(text.encode("latin-1")) for name, text in fields.items()}
            for ordinal, fields in saved["changed"]
        }


def _fields(record: Record) -> dict[str, str]:
    # Latin-1 carries every byte, so that records with invalid UTF-8 in them survive too.
    return {name: encode(value).decode("latin-1") for name, value in record.items()}
