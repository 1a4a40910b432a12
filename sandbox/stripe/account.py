"""One Stripe account: its collections, and what happens when a record is created, changed or deleted."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import partial
from itertools import islice
from typing import Any

from sandbox.clock import Clock
from sandbox.collection import Collection, Record
from sandbox.ids import Ids
from sandbox.oddities import phrase
from sandbox.sharing import children_of
from sandbox.spelling import encode
from sandbox.stripe import views
from sandbox.stripe.catalog import BY_NAME, PARTS, RESOURCES
from sandbox.stripe.events import EventLog
from sandbox.stripe.resource import Resource
from sandbox.stripe.seedling import Seedling
from sandbox.stripe.shapes import blank
from sandbox.vendor import Account, Line, UnknownError

FIRST_CREATED = 1_672_531_200  # 2023-01-01
LAST_CREATED = 1_767_225_600  # 2026-01-01
SAME_SECOND = 4  # neighbours that share their creation time


class StripeAccount(Account):
    def __init__(self, account_id: str, seed: int, sizes: Mapping[str, int], clock: Clock) -> None:
        super().__init__(account_id, seed, sizes)
        self.clock = clock
        self.collections = {resource.name: self._collection(resource) for resource in RESOURCES}
        self.events = EventLog(self, clock)
        self.contents: dict[str, bytes] = {}  # of uploaded files
        self.idempotent: dict[str, tuple[str, int, bytes]] = {}

    def _collection(self, resource: Resource) -> Collection:
        base = self.sizes[resource.name]
        ids = Ids(f"{resource.prefix}_", resource.length, self.seed)
        return Collection(resource.name, ids, base, partial(self.seeded, resource), partial(_born, base))

    def base(self, collection: str) -> int:
        return self.collections[collection].base

    def key(self, collection: str, ordinal: int) -> str:
        return self.collections[collection].key(ordinal)

    def rendered(self, collection: str, ordinal: int) -> Record:
        return views.shown(BY_NAME[collection], self.collections[collection].render(ordinal))

    def seeded(self, resource: Resource, ordinal: int) -> Record:
        collection = self.collections[resource.name]
        created = collection.born(ordinal)
        it = Seedling(self, resource.name, ordinal, collection.key(ordinal), created)
        record = blank(resource.object)
        record["id"] = it.id
        if "created" in record:
            record["created"] = created
        record.update(resource.fill(it))
        return record

    def owned(self, resource: Resource, field: str, owner: str) -> list[int]:
        """Return the ordinals that may belong to an owner, ascending."""
        collection, owners = self.collections[resource.name], self.collections[resource.owners[field]]
        ordinal = owners.locate(owner)
        if ordinal is None:
            return collection.touched()
        seeded = children_of(ordinal, owners.base, collection.base) if ordinal < owners.base else range(0)
        return sorted(set(seeded).union(collection.touched()))

    def add(self, resource: Resource, values: Record, key: str = "", seeded: bool = False) -> Record:
        """Create a record, as seeded or plain, with `values` in it."""
        collection = self.collections[resource.name]

        def build(ordinal: int, new_key: str) -> Record:
            record = self.seeded(resource, ordinal) if seeded else blank(resource.object)
            record["id"] = new_key
            if "created" in record:
                record["created"] = collection.born(ordinal)
            return record | values

        record = collection.record(collection.add(build, self.clock.seconds(), key))
        self.events.write(resource.events[0], resource, record)
        if resource.renews:
            self._renew_owner(resource, record)
        return record

    def _renew_owner(self, resource: Resource, record: Record) -> None:
        owner = BY_NAME[resource.owners[resource.needs]]
        ordinal = self.collections[owner.name].find(record[resource.needs])
        if ordinal is not None:
            self.change_one(owner, ordinal, {resource.renews: record["id"]})

    def change_one(self, resource: Resource, ordinal: int, values: Record, event: str = "") -> Record:
        collection = self.collections[resource.name]
        before = collection.record(ordinal)
        record = deepcopy(before) | values
        if "updated" in record:
            record["updated"] = self.clock.seconds()
        collection.put(ordinal, record)
        previous = {name: before.get(name) for name in record if before.get(name) != record[name]}
        self.events.write(event or resource.events[1], resource, record, previous)
        return record

    def cancel(self, ordinal: int) -> Record:
        """End a subscription, which stays readable; customer.subscription.deleted is the event of it."""
        resource, now = BY_NAME["subscriptions"], self.clock.seconds()
        rows = self.collections[resource.name]
        record = deepcopy(rows.record(ordinal)) | {"status": "canceled", "canceled_at": now, "ended_at": now}
        rows.put(ordinal, record)
        self.events.write(resource.events[2], resource, record)
        return record

    def profile(self) -> Record:
        return blank("account") | {
            "id": self.id, "country": "US", "default_currency": "usd", "email": "owner@example.com", "type": "standard",
            "charges_enabled": True, "payouts_enabled": True, "details_submitted": True, "created": FIRST_CREATED,
        }  # fmt: skip

    def remove(self, resource: Resource, ordinal: int) -> str:
        """Delete a record and whatever can be listed under it only; a subscription is canceled instead."""
        collection = self.collections[resource.name]
        if resource.name == "subscriptions":
            return str(self.cancel(ordinal)["id"])
        key = collection.key(ordinal)
        for child in (child for child in RESOURCES if child.parent == resource.name):
            self._remove_children(child, key)
        record = collection.record(ordinal)
        collection.delete(ordinal, self.clock.seconds())
        self.events.write(resource.events[2], resource, record)
        return key

    def _remove_children(self, child: Resource, parent: str) -> None:
        collection = self.collections[child.name]
        for ordinal in list(collection.live(self.owned(child, child.parent_field, parent))):
            if collection.record(ordinal)[child.parent_field] == parent:
                collection.delete(ordinal, self.clock.seconds())

    # What the control API asks for.

    def counts(self) -> dict[str, int]:
        parts = dict.fromkeys(PARTS, -1)  # known only by reading every record
        return {name: len(rows) for name, rows in self.collections.items()} | parts | {"events": len(self.events)}

    def create(self, collection: str, count: int, values: dict[str, Any]) -> list[str]:
        resource = _resource(collection)
        return [self.add(resource, values, seeded=True)["id"] for _ in range(count)]

    def change(self, collection: str, keys: list[str], values: dict[str, Any]) -> list[str]:
        resource = _resource(collection)
        for key in keys:
            ordinal = self._find(collection, key)
            self.change_one(resource, ordinal, values or self._touch(resource, ordinal))
        return keys

    def delete(self, collection: str, keys: list[str]) -> list[str]:
        resource = _resource(collection)
        return [self.remove(resource, self._find(collection, key)) for key in keys]

    def keys(self, collection: str, first: int, count: int) -> list[str]:
        rows = self.collections[_resource(collection).name]
        return [rows.key(ordinal) for ordinal in islice(rows.live(range(rows.end)), first, first + count)]

    def lines(self, collection: str, args: dict[str, str]) -> Iterator[Line]:  # noqa: ARG002
        if collection == "events":
            return self.events.lines()
        if collection in PARTS:
            return self._part_lines(*PARTS[collection][:2])
        resource = _resource(collection)
        return (
            Line(
                record["id"],
                encode(views.whole(resource, record)),
                record.get(resource.parent_field or resource.needs) or "",
            )
            for record in self._live(collection)
            if not resource.parent or record[resource.parent_field]  # without a parent nothing lists it
        )

    def deletions(self, collection: str) -> dict[str, float]:
        rows = self.collections[_resource(collection).name]
        return {rows.key(ordinal): when for ordinal, when in rows.deleted.items()}

    def _live(self, collection: str) -> Iterator[Record]:
        rows = self.collections[collection]
        return (rows.record(ordinal) for ordinal in rows.live(range(rows.end)))

    def _part_lines(self, collection: str, member: str) -> Iterator[Line]:
        for record in self._live(collection):
            for row in record[member]["data"]:
                yield Line(row["id"], encode(row), record["id"])

    def _find(self, collection: str, key: str) -> int:
        ordinal = self.collections[collection].find(key)
        if ordinal is None:
            raise UnknownError(f"no {key} in {collection}")
        return ordinal

    def _touch(self, resource: Resource, ordinal: int) -> Record:
        """Make up a change that shows."""
        record = self.collections[resource.name].record(ordinal)
        chance = Seedling(self, resource.name, ordinal, "", self.clock.millis()).chance
        if isinstance(record.get("metadata"), dict):
            return {"metadata": record["metadata"] | {"touched": f"{self.clock.millis()} {phrase(chance)}"}}
        return {"description": f"touched {self.clock.millis()}"}

    def expire_cursors(self) -> None:
        """Do nothing: the cursors are ids, which last."""

    def dump(self) -> dict[str, Any]:
        return {
            "collections": {name: rows.dump() for name, rows in self.collections.items()},
            "events": self.events.dump(),
            "contents": {key: contents.decode("latin-1") for key, contents in self.contents.items()},
        }

    def load(self, saved: dict[str, Any]) -> None:
        for name, rows in saved["collections"].items():
            self.collections[name].load(rows)
        self.events.load(saved["events"])
        self.contents = {key: text.encode("latin-1") for key, text in saved["contents"].items()}


def _resource(collection: str) -> Resource:
    if collection not in BY_NAME:
        raise UnknownError(f"no collection {collection} that can be written")
    return BY_NAME[collection]


def _born(base: int, ordinal: int) -> int:
    step = ordinal // SAME_SECOND * SAME_SECOND
    return FIRST_CREATED + step * (LAST_CREATED - FIRST_CREATED) // max(base, 1)
