"""One HubSpot portal: its objects, their associations, and the settings around them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache, partial
from itertools import islice
from typing import Any

import msgspec

from sandbox.chance import seed_of
from sandbox.clock import Clock
from sandbox.collection import Collection, Record
from sandbox.hubspot import drawers, oracle, seeds
from sandbox.hubspot.cabinet import Cabinet
from sandbox.hubspot.graph import Graph
from sandbox.hubspot.ids import NumericIds
from sandbox.hubspot.index import Index
from sandbox.hubspot.kinds import KINDS, SETTINGS_CREATED, Kind, definition
from sandbox.settings import VendorSettings
from sandbox.vendor import Account, Line, UnknownError

RENDERED = 4_096  # objects of each type that are kept as rendered


class HubSpotAccount(Account):
    def __init__(
        self, account_id: str, seed: int, sizes: Mapping[str, int], clock: Clock, settings: VendorSettings
    ) -> None:
        super().__init__(account_id, seed, sizes)
        self.clock = clock
        self.settings = settings
        self.kinds = {kind.name: kind for kind in KINDS}
        self.ids = {kind.name: NumericIds(51 + 100 * at, 3) for at, kind in enumerate(KINDS)}
        self.objects = {kind.name: self._objects(kind) for kind in KINDS}
        self.cabinet = Cabinet(self, sizes)
        self.drawers = drawers.opened(KINDS, clock)
        self.indexes = {
            name: Index(self.kinds[name], rows, self.ids[name], clock, settings) for name, rows in self.objects.items()
        }
        self.graph = Graph(self.objects)
        self.members: dict[str, dict[str, int]] = {}  # list -> record -> when it joined, where changed
        self.contents: dict[str, bytes] = {}

    def _objects(self, kind: Kind) -> Collection:
        base = self.sizes.get(kind.name, 0)
        seed = seed_of(self.seed, kind.name)
        born = partial(seeds.born, base)
        render = lru_cache(RENDERED)(partial(seeds.object_record, kind, seed, base))
        return Collection(kind.name, self.ids[kind.name], base, render, born)

    @property
    def shelves(self) -> dict[str, Collection]:
        return self.cabinet.rows

    @property
    def properties(self) -> dict[str, dict[str, Record]]:
        """Return the definitions of properties, by object type and name."""
        return self.drawers["properties"].rows

    def add_kind(self, kind: Kind, properties: dict[str, Record]) -> None:
        """Define an object type that has no objects yet."""
        name = kind.name
        self.kinds[name] = kind
        self.ids[name] = NumericIds(51 + 100 * len(self.kinds), 3)
        self.objects[name] = self._objects(kind)
        self.indexes[name] = Index(kind, self.objects[name], self.ids[name], self.clock, self.settings)
        system = {entry: definition(kind, entry, SETTINGS_CREATED) for entry in kind.always}
        self.properties[name] = {**properties, **system}
        self.drawers["property_groups"].rows[name] = drawers.groups(kind)

    def remove_kind(self, kind: Kind) -> None:
        groups = self.drawers["property_groups"].rows
        for rooms in (self.kinds, self.ids, self.objects, self.indexes, self.properties, groups):
            del rooms[kind.name]

    def kind(self, name: str) -> Kind | None:
        """Find an object type by its name, its singular or its id."""
        if name in self.kinds:
            return self.kinds[name]
        spelled = name.removeprefix(f"p{self.id}_")
        return next((kind for kind in self.kinds.values() if spelled in (kind.type_id, kind.singular)), None)

    def property_names(self, kind: Kind) -> list[str]:
        return [name for name, entry in self.properties[kind.name].items() if not entry["archived"]]

    def add_object(self, kind: Kind, properties: Record, seeded: bool = False) -> int:
        rows, now = self.objects[kind.name], self.clock.millis()

        def build(ordinal: int, key: str) -> Record:  # noqa: ARG001
            made = rows.render(ordinal)["properties"] if seeded else {}
            return {"properties": made | properties, "created": now, "updated": now, "archived": None}

        ordinal = rows.add(build, now)
        self.indexes[kind.name].changed(ordinal, None)
        return ordinal

    def change_object(self, kind: Kind, ordinal: int, properties: Record) -> None:
        self._replace(kind, ordinal, properties, archived=None)

    def archive_object(self, kind: Kind, ordinal: int) -> None:
        self._replace(kind, ordinal, {}, archived=self.clock.millis())

    def _replace(self, kind: Kind, ordinal: int, properties: Record, archived: int | None) -> None:
        rows = self.objects[kind.name]
        before = rows.record(ordinal)
        after = {**before, "properties": before["properties"] | properties, "archived": archived}
        after["updated"] = before["updated"] if archived else self.clock.millis()
        rows.put(ordinal, after)
        self.indexes[kind.name].changed(ordinal, before)

    def purge_object(self, kind: Kind, ordinal: int) -> None:
        """Delete for good, as a privacy deletion does."""
        rows = self.objects[kind.name]
        self.indexes[kind.name].changed(ordinal, rows.record(ordinal))
        rows.purge(ordinal, self.clock.millis())

    def find_object(self, kind: Kind, key: str, archived: bool = False) -> int | None:
        ordinal = self.objects[kind.name].find(key)
        if ordinal is None or self.is_archived(kind.name, ordinal) != archived:
            return None
        return ordinal

    # What the control API asks for.

    def counts(self) -> dict[str, int]:
        sizes = {name: sum(1 for _ in self.alive(name)) for name in self.objects}
        sizes |= self.cabinet.counts() | {name: len(drawer) for name, drawer in self.drawers.items()}
        pairs = {f"{left}_to_{right}": -1 for left, right in self.graph.pairs()}  # known only by walking them
        return sizes | pairs | {"schemas": len(self.custom_kinds()), "list_memberships": -1}

    def create(self, collection: str, count: int, values: dict[str, Any]) -> list[str]:
        if collection in self.kinds:
            rows, kind = self.objects[collection], self.kinds[collection]
            return [rows.key(self.add_object(kind, values, seeded=True)) for _ in range(count)]
        if collection in self.drawers:
            return self.drawers[collection].create(count, values)
        rows = self._rows(collection)
        return [rows.key(self.cabinet.add(collection, values)) for _ in range(count)]

    def change(self, collection: str, keys: list[str], values: dict[str, Any]) -> list[str]:
        if collection in self.drawers:
            return self.drawers[collection].change(keys, values)
        for key in keys:
            ordinal = self._find(collection, key)
            if collection in self.kinds:
                kind = self.kinds[collection]
                self.change_object(kind, ordinal, values or {kind.texts[0]: f"touched {self.clock.millis()}"})
            else:
                self.cabinet.change(collection, ordinal, values)
        return keys

    def delete(self, collection: str, keys: list[str]) -> list[str]:
        """Archive what the vendor archives; take other things away."""
        if collection in self.drawers:
            return self.drawers[collection].delete(keys)
        for key in keys:
            ordinal = self._find(collection, key)
            if collection in self.kinds:
                self.archive_object(self.kinds[collection], ordinal)
            else:
                self.cabinet.delete(collection, ordinal)
        return keys

    def keys(self, collection: str, first: int, count: int) -> list[str]:
        if collection in self.drawers:
            return self.drawers[collection].keys(first, count)
        rows = self._rows(collection)
        return [rows.key(ordinal) for ordinal in islice(self.alive(collection), first, first + count)]

    def lines(self, collection: str, args: dict[str, str]) -> Iterator[Line]:
        return oracle.lines(self, collection, args)

    def deletions(self, collection: str) -> dict[str, float]:
        if collection in self.drawers:
            return self.drawers[collection].deleted
        if collection in self.shelves:
            return self.cabinet.deletions(collection)
        rows = self._rows(collection)
        archived = (n for n in rows.live(range(rows.end)) if rows.record(n)["archived"])
        gone = {rows.key(ordinal): when / 1000 for ordinal, when in rows.deleted.items()}
        return gone | {rows.key(n): rows.record(n)["archived"] / 1000 for n in archived}

    def members_of(self, list_key: str) -> dict[str, int]:
        """Return when each member joined a list, by the contact's id, in the order of ids."""
        if list_key not in self.members:
            ordinal = self.shelves["lists"].find(list_key) or 0
            contacts = self.objects["contacts"]
            joined = {n: contacts.born(n) for n in range(0, contacts.base, ordinal + 2)}
            self.members[list_key] = {contacts.key(n): when for n, when in joined.items()}
        alive = self.objects["contacts"].find
        return {key: when for key, when in self.members[list_key].items() if alive(key) is not None}

    def custom_kinds(self) -> list[Kind]:
        return [kind for kind in self.kinds.values() if kind.type_id.startswith("2-")]

    def alive(self, collection: str, archived: bool = False) -> Iterator[int]:
        if collection in self.shelves:
            return self.cabinet.alive(collection, archived)
        rows = self._rows(collection)
        return (n for n in rows.live(range(rows.end)) if self.is_archived(collection, n) == archived)

    def is_archived(self, kind: str, ordinal: int) -> bool:
        rows = self.objects[kind]
        if rows.untouched(ordinal):
            return seeds.starts_archived(ordinal)
        return bool(rows.record(ordinal)["archived"])

    def _rows(self, collection: str) -> Collection:
        rows = self.objects.get(collection, self.shelves.get(collection))
        if rows is None:
            raise UnknownError(f"no collection {collection} that can be written")
        return rows

    def _find(self, collection: str, key: str) -> int:
        ordinal = self._rows(collection).find(key)
        if ordinal is None:
            raise UnknownError(f"no {key} in {collection}")
        return ordinal

    def expire_cursors(self) -> None:
        """Do nothing: the cursors are ids, which last."""

    def dump(self) -> dict[str, Any]:
        added = [asdict(kind) for kind in self.kinds.values() if kind not in KINDS]
        return {
            "kinds": added,
            "objects": {name: rows.dump() for name, rows in self.objects.items()},
            "cabinet": self.cabinet.dump(),
            "drawers": {name: drawer.dump() for name, drawer in self.drawers.items()},
            "graph": self.graph.dump(),
            "members": self.members,
            "contents": {key: contents.decode("latin-1") for key, contents in self.contents.items()},
        }

    def load(self, saved: dict[str, Any]) -> None:
        for fields in saved["kinds"]:
            self.add_kind(msgspec.convert(fields, Kind), {})
        for name, rows in saved["objects"].items():
            self.objects[name].load(rows)
        self.cabinet.load(saved["cabinet"])
        for name, drawer in saved["drawers"].items():
            self.drawers[name].load(drawer)
        self.graph.load(saved["graph"])
        self.members = saved["members"]
        self.contents = {key: text.encode("latin-1") for key, text in saved["contents"].items()}
