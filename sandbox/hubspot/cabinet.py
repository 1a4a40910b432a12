"""The shelves of one account: what is on them, what was put there since, what lies in their recycle bins."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from sandbox.chance import mix, seed_of
from sandbox.clock import rfc3339_millis
from sandbox.collection import Collection, Record
from sandbox.hubspot.ids import NumericIds, UuidIds
from sandbox.hubspot.seeds import born
from sandbox.hubspot.shelf import Shelf
from sandbox.hubspot.shelves import BY_NAME, SHELVES
from sandbox.sharing import children_of, parent_of
from sandbox.spelling import encode
from sandbox.vendor import Line, UnknownError

if TYPE_CHECKING:
    from sandbox.hubspot.account import HubSpotAccount


class Cabinet:
    def __init__(self, account: "HubSpotAccount", sizes: Mapping[str, int]) -> None:
        self._account = account
        self.rows = {shelf.name: self._open(shelf, sizes[shelf.name]) for shelf in SHELVES}
        self.binned: dict[str, dict[str, int]] = {}  # shelf -> key -> when it was archived

    def _open(self, shelf: Shelf, base: int) -> Collection:
        seed = seed_of(self._account.seed, shelf.name)
        ids = NumericIds(shelf.first_id) if shelf.first_id else UuidIds(seed)
        return Collection(shelf.name, ids, base, partial(shelf.fill, seed, self._account), partial(born, base))

    def add(self, name: str, values: Record) -> int:
        """Put a record on a shelf: what the seed gives, with `values` in it."""
        rows = self.rows[name]
        ordinal = rows.add(lambda ordinal, _: rows.render(ordinal) | values, self._now())
        BY_NAME[name].added(self._account, rows.record(ordinal))
        return ordinal

    def change(self, name: str, ordinal: int, values: Record) -> Record:
        """Change a record; without values, something that shows."""
        shelf, rows, now = BY_NAME[name], self.rows[name], self._now()
        before = rows.record(ordinal)
        changed = before | (values or {shelf.touches: f"touched {now}"}) | shelf.revised(before)
        if shelf.updated:
            changed[shelf.updated] = rfc3339_millis(now)
        rows.put(ordinal, changed)
        return changed

    def delete(self, name: str, ordinal: int) -> None:
        """Archive a record where the vendor keeps such, else take it away."""
        shelf, rows, now = BY_NAME[name], self.rows[name], self._now()
        if shelf.bin:
            rows.put(ordinal, rows.record(ordinal) | {shelf.bin.member: shelf.bin.since(now)})
            self.binned.setdefault(name, {})[rows.key(ordinal)] = now
        else:
            rows.delete(ordinal, now)

    def alive(self, name: str, archived: bool = False) -> Iterator[int]:
        """Yield the ordinals that a list shows: not those of parents that are gone."""
        rows = self.rows[name]
        return (n for n in rows.live(range(rows.end)) if self._in_sight(BY_NAME[name], n, archived))

    def _in_sight(self, shelf: Shelf, ordinal: int, archived: bool) -> bool:
        rows = self.rows[shelf.name]
        if shelf.parent:
            return self.find(shelf.parent, str(rows.record(ordinal)[shelf.parent_field])) is not None
        if rows.untouched(ordinal):
            return not archived
        return not archived if shelf.bin is None else shelf.archived(rows.record(ordinal)) == archived

    def find(self, name: str, key: str, archived: bool = False) -> int | None:
        ordinal = self.rows[name].find(key)
        found = ordinal is not None and self._in_sight(BY_NAME[name], ordinal, archived)
        return ordinal if found else None

    def dealt_parent(self, name: str, ordinal: int) -> str:
        """Name the parent that a seeded child belongs to; any for a later one."""
        rows, parents = self.rows[name], self.rows[BY_NAME[name].parent]
        if not parents.base:
            return ""
        dealt = parent_of(ordinal, parents.base, rows.base) if ordinal < rows.base else mix(ordinal) % parents.base
        return parents.key(dealt)

    def children(self, name: str, parent: str) -> list[int]:
        """Return the ordinals of a parent's live children, oldest first."""
        shelf, rows = BY_NAME[name], self.rows[name]
        parents = self.rows[shelf.parent]
        ordinal = parents.locate(parent)
        seeded = ordinal is not None and ordinal < parents.base
        dealt = children_of(ordinal, parents.base, rows.base) if ordinal is not None and seeded else range(0)
        candidates = sorted({*dealt, *rows.touched()})
        return [n for n in rows.live(candidates) if rows.record(n)[shelf.parent_field] == parent]

    def counts(self) -> dict[str, int]:
        return {
            name: -1 if BY_NAME[name].parent else sum(1 for _ in self.alive(name)) for name in self.rows
        }  # -1: known only by reading

    def keys(self, name: str, first: int, count: int) -> list[str]:
        return [self.rows[name].key(ordinal) for ordinal in islice(self.alive(name), first, first + count)]

    def lines(self, name: str, archived: bool | None) -> Iterator[Line]:
        """Yield what is held, live or archived alone if so wished, else both."""
        shelf, rows = BY_NAME[name], self.rows[name]
        both = archived is None and shelf.bin is not None and shelf.bin.kept
        for ordinal in rows.live(range(rows.end)) if both else self.alive(name, bool(archived)):
            record = rows.record(ordinal)
            yield Line(rows.key(ordinal), encode(shelf.whole(record)), str(record.get(shelf.parent_field, "")))

    def deletions(self, name: str) -> dict[str, float]:
        rows = self.rows[name]
        gone = {rows.key(ordinal): when / 1000 for ordinal, when in rows.deleted.items()}
        return gone | {key: when / 1000 for key, when in self.binned.get(name, {}).items()}

    def find_or_refuse(self, name: str, key: str) -> int:
        """Find a record, archived or not. Raises UnknownError."""
        ordinal = self.rows[name].find(key)
        if ordinal is None:
            raise UnknownError(f"no {key} in {name}")
        return ordinal

    def _now(self) -> int:
        return self._account.clock.millis()

    def dump(self) -> dict[str, Any]:
        return {"rows": {name: rows.dump() for name, rows in self.rows.items()}, "binned": self.binned}

    def load(self, saved: dict[str, Any]) -> None:
        for name, rows in saved["rows"].items():
            self.rows[name].load(rows)
        self.binned = saved["binned"]
