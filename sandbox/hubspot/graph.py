"""Who is associated with whom: seeded relations, and whatever was added or taken away since."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.collection import Collection, Record
from sandbox.hubspot import seeds
from sandbox.sharing import children_of, parent_of
from sandbox.spelling import encode
from sandbox.vendor import Line

# Each child belongs to one parent; both ways have a type id of the vendor's.
SEEDED = {
    ("contacts", "companies"): (279, 280),
    ("deals", "companies"): (342, 341),
    ("deals", "contacts"): (3, 4),
    ("tickets", "contacts"): (16, 15),
    ("line_items", "deals"): (20, 19),
    ("quotes", "deals"): (64, 63),
    ("notes", "contacts"): (202, 201),
    ("calls", "contacts"): (194, 193),
    ("emails", "contacts"): (198, 197),
    ("meetings", "contacts"): (200, 199),
    ("tasks", "contacts"): (204, 203),
    ("pets", "contacts"): (31, 32),
}
LABELED_EVERY = 7
LABEL = {"category": "USER_DEFINED", "typeId": 36, "label": "Decision maker"}


class Graph:
    def __init__(self, objects: Mapping[str, Collection]) -> None:
        self._objects = objects
        self._added: dict[str, dict[int, dict[int, list[Record]]]] = {}  # "from to" -> ordinal -> ordinal -> types
        self._removed: dict[str, set[tuple[int, int]]] = {}

    def pairs(self) -> list[tuple[str, str]]:
        """Return every two types that have associations, both ways."""
        both = [pair for left, right in SEEDED for pair in ((left, right), (right, left))]
        return list(dict.fromkeys([*both, *(tuple_of(name) for name in self._added)]))

    def neighbours(self, kind: str, other: str, ordinal: int) -> list[int]:
        """Return the associated ordinals of the other type, ascending; archived and purged ones do not show."""
        name = f"{kind} {other}"
        removed = self._removed.get(name, set())
        seeded = {far for far in self._seeded(kind, other, ordinal) if (ordinal, far) not in removed}
        return sorted(
            far for far in seeded.union(self._added.get(name, {}).get(ordinal, {})) if self._alive(other, far)
        )

    def _seeded(self, kind: str, other: str, ordinal: int) -> range:
        mine, theirs = self._objects[kind].base, self._objects[other].base
        if ordinal >= mine or not theirs:
            return range(0)
        if (kind, other) in SEEDED:
            parent = parent_of(ordinal, theirs, mine)
            return range(parent, parent + 1)
        return children_of(ordinal, mine, theirs) if (other, kind) in SEEDED else range(0)

    def _alive(self, kind: str, ordinal: int) -> bool:
        rows = self._objects[kind]
        if ordinal in rows.deleted:
            return False
        archived = seeds.starts_archived(ordinal) if rows.untouched(ordinal) else rows.record(ordinal)["archived"]
        return not archived

    def types(self, kind: str, other: str, near: int, far: int) -> list[Record]:
        """Say in which ways two objects are associated."""
        added = self._added.get(f"{kind} {other}", {}).get(near, {}).get(far)
        if added is not None:
            return added
        plain: Record = {"category": "HUBSPOT_DEFINED", "typeId": type_id(kind, other), "label": None}
        return [plain, LABEL] if (near + far) % LABELED_EVERY == 0 else [plain]

    def add(self, kind: str, other: str, near: int, far: int, types: list[Record]) -> None:
        back = [entry | {"typeId": type_id(other, kind)} for entry in types]
        for left, right, one, two, entries in ((kind, other, near, far, types), (other, kind, far, near, back)):
            name = f"{left} {right}"
            self._added.setdefault(name, {}).setdefault(one, {})[two] = entries
            self._removed.get(name, set()).discard((one, two))

    def remove(self, kind: str, other: str, near: int, far: int) -> None:
        for left, right, one, two in ((kind, other, near, far), (other, kind, far, near)):
            name = f"{left} {right}"
            self._added.get(name, {}).get(one, {}).pop(two, None)
            self._removed.setdefault(name, set()).add((one, two))

    def row(self, kind: str, other: str, near: int, far: int) -> Record:
        return {"toObjectId": self._objects[other].key(far), "associationTypes": self.types(kind, other, near, far)}

    def lines(self, kind: str, other: str) -> Iterator[Line]:
        rows, others = self._objects[kind], self._objects[other]
        for near in rows.live(range(rows.end)):
            if not self._alive(kind, near):
                continue
            for far in self.neighbours(kind, other, near):
                key = f"{rows.key(near)}:{others.key(far)}"
                yield Line(key, encode(self.row(kind, other, near, far)), rows.key(near))

    def dump(self) -> dict[str, Any]:
        added = {
            name: [[near, far, types] for near, fars in entries.items() for far, types in fars.items()]
            for name, entries in self._added.items()
        }
        return {"added": added, "removed": {name: sorted(pairs) for name, pairs in self._removed.items()}}

    def load(self, saved: dict[str, Any]) -> None:
        self._added = {}
        for name, rows in saved["added"].items():
            for near, far, types in rows:
                self._added.setdefault(name, {}).setdefault(near, {})[far] = types
        self._removed = {name: {(near, far) for near, far in pairs} for name, pairs in saved["removed"].items()}


def type_id(kind: str, other: str) -> int:
    if (kind, other) in SEEDED:
        return SEEDED[kind, other][0]
    return SEEDED[other, kind][1] if (other, kind) in SEEDED else 450


def tuple_of(name: str) -> tuple[str, str]:
    left, _, right = name.partition(" ")
    return left, right
