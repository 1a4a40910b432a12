"""One HubSpot portal: its objects, their associations, and the settings around them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any

import msgspec

from sandbox.chance import seed_of
from sandbox.clock import Clock, rfc3339_millis
from sandbox.collection import Collection, Record
from sandbox.hubspot import oracle, seeds
from sandbox.hubspot.graph import Graph
from sandbox.hubspot.ids import NumericIds, UuidIds
from sandbox.hubspot.index import Index
from sandbox.hubspot.kinds import KINDS, SETTINGS_CREATED, Kind, definition
from sandbox.hubspot.shelves import SHELVES, Shelf
from sandbox.settings import VendorSettings
from sandbox.vendor import Account, Line, UnknownError

FIRST_CREATED = 1_672_531_200_000
LAST_CREATED = 1_767_225_600_000


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
        self.shelves = {shelf.name: self._shelf(shelf) for shelf in SHELVES}
        self.properties = {kind.name: _definitions(kind) for kind in KINDS}
        self.indexes = {
            name: Index(self.kinds[name], rows, self.ids[name], clock, settings) for name, rows in self.objects.items()
        }
        self.graph = Graph(self.objects)
        self.pipelines = seeds.pipelines()
        self.members: dict[str, dict[str, int]] = {}  # list -> record -> when it joined, where changed
        self.contents: dict[str, bytes] = {}

    def _objects(self, kind: Kind) -> Collection:
        base = self.sizes.get(kind.name, 0)
        seed = seed_of(self.seed, kind.name)
        born = partial(born_at, base)
        return Collection(kind.name, self.ids[kind.name], base, partial(seeds.object_record, kind, seed, base), born)

    def _shelf(self, shelf: Shelf) -> Collection:
        base = self.sizes[shelf.name]
        ids = NumericIds(shelf.first_id) if shelf.first_id else UuidIds(self.seed)
        fill = partial(shelf.fill, seed_of(self.seed, shelf.name), self)
        return Collection(shelf.name, ids, base, fill, partial(born_at, base))

    def add_kind(self, kind: Kind, properties: dict[str, Record]) -> None:
        """Define an object type that has no objects yet."""
        name = kind.name
        self.kinds[name] = kind
        self.ids[name] = NumericIds(51 + 100 * len(self.kinds), 3)
        self.objects[name] = self._objects(kind)
        self.indexes[name] = Index(kind, self.objects[name], self.ids[name], self.clock, self.settings)
        system = {entry: definition(kind, entry, SETTINGS_CREATED) for entry in kind.always}
        self.properties[name] = {**properties, **system}

    def remove_kind(self, kind: Kind) -> None:
        for rooms in (self.kinds, self.ids, self.objects, self.indexes, self.properties):
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
        if ordinal is None or bool(self.objects[kind.name].record(ordinal)["archived"]) != archived:
            return None
        return ordinal

    # What the control API asks for.

    def counts(self) -> dict[str, int]:
        sizes = {name: sum(1 for _ in self.alive(name)) for name in self.objects}
        sizes |= {name: len(rows) for name, rows in self.shelves.items()}
        sizes |= {"properties": sum(map(len, self.properties.values())), "pipelines": len(self.pipelines)}
        pairs = {f"{left}_to_{right}": -1 for left, right in self.graph.pairs()}  # known only by walking them
        return sizes | pairs | {"schemas": len(self.custom_kinds()), "list_memberships": -1}

    def create(self, collection: str, count: int, values: dict[str, Any]) -> list[str]:
        if collection in self.kinds:
            rows, kind = self.objects[collection], self.kinds[collection]
            return [rows.key(self.add_object(kind, values, seeded=True)) for _ in range(count)]
        rows = self._rows(collection)
        return [rows.key(self.add_to_shelf(collection, values)) for _ in range(count)]

    def add_to_shelf(self, name: str, values: Record) -> int:
        rows, now = self.shelves[name], self.clock.millis()
        stamps = {"createdAt": rfc3339_millis(now), "updatedAt": rfc3339_millis(now)}
        return rows.add(lambda ordinal, _: rows.render(ordinal) | stamps | values, now)

    def change(self, collection: str, keys: list[str], values: dict[str, Any]) -> list[str]:
        for key in keys:
            ordinal = self._find(collection, key)
            if collection in self.kinds:
                kind = self.kinds[collection]
                self.change_object(kind, ordinal, values or {kind.texts[0]: f"touched {self.clock.millis()}"})
            else:
                self.change_on_shelf(collection, ordinal, values or {"name": f"touched {self.clock.millis()}"})
        return keys

    def change_on_shelf(self, name: str, ordinal: int, values: Record) -> Record:
        rows = self.shelves[name]
        record = rows.record(ordinal) | values | {"updatedAt": rfc3339_millis(self.clock.millis())}
        rows.put(ordinal, record)
        return record

    def delete(self, collection: str, keys: list[str]) -> list[str]:
        """Archive objects; take other things away."""
        for key in keys:
            ordinal = self._find(collection, key)
            if collection in self.kinds:
                self.archive_object(self.kinds[collection], ordinal)
            else:
                self._rows(collection).delete(ordinal, self.clock.millis())
        return keys

    def keys(self, collection: str, first: int, count: int) -> list[str]:
        rows = self._rows(collection)
        return [rows.key(ordinal) for ordinal in islice(self.alive(collection), first, first + count)]

    def lines(self, collection: str, args: dict[str, str]) -> Iterator[Line]:
        return oracle.lines(self, collection, args)

    def deletions(self, collection: str) -> dict[str, float]:
        rows = self._rows(collection)
        gone = {rows.key(ordinal): when / 1000 for ordinal, when in rows.deleted.items()}
        if collection not in self.kinds:
            return gone
        archived = (n for n in rows.live(range(rows.end)) if rows.record(n)["archived"])
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
        rows = self._rows(collection)
        if collection not in self.kinds:
            return rows.live(range(rows.end))
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
            "shelves": {name: rows.dump() for name, rows in self.shelves.items()},
            "properties": self.properties,
            "pipelines": self.pipelines,
            "graph": self.graph.dump(),
            "members": self.members,
            "contents": {key: contents.decode("latin-1") for key, contents in self.contents.items()},
        }

    def load(self, saved: dict[str, Any]) -> None:
        for fields in saved["kinds"]:
            self.add_kind(msgspec.convert(fields, Kind), {})
        for name, rows in saved["objects"].items():
            self.objects[name].load(rows)
        for name, rows in saved["shelves"].items():
            self.shelves[name].load(rows)
        self.properties, self.pipelines = saved["properties"], saved["pipelines"]
        self.graph.load(saved["graph"])
        self.members = saved["members"]
        self.contents = {key: text.encode("latin-1") for key, text in saved["contents"].items()}


def born_at(base: int, ordinal: int) -> int:
    """Return when a seeded record was created, in milliseconds."""
    return FIRST_CREATED + ordinal * (LAST_CREATED - FIRST_CREATED) // max(base, 1)


def _definitions(kind: Kind) -> dict[str, Record]:
    return {name: definition(kind, name, SETTINGS_CREATED) for name in (*kind.own, *kind.always)}
