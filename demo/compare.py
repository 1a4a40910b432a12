"""Comparing what a snapshot shows with what the vendor holds, by the sandbox's own books."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from demo.api import Api
from demo.vendors import Vendor

MOST_SHOWN = 5
# Where the vendor's list is a view of a collection that the sandbox keeps under another name.
COLLECTIONS = {("dropbox", "files"): "entries"}
# What cannot be compared record by record: the vendor itself adds to it while we look, or forgets it by and by.
MOVING = {("stripe", "events")}


class Differences:
    """Counts what was compared and keeps what differs."""

    def __init__(self) -> None:
        self.compared = 0
        self.found: list[str] = []

    def check(self, what: str, *, holds: bool) -> None:
        """Note one statement, and whether it holds."""
        self.compared += 1
        if not holds:
            self.found.append(what)

    def streams(self, api: Api, vendor: Vendor, snapshot: Mapping[str, Any], collections: Iterable[str]) -> int:
        """Compare every stream of a snapshot that the sandbox keeps books of; give the number of records compared."""
        total = 0
        for stream in snapshot["streams"]:
            collection = COLLECTIONS.get((vendor.name, stream), stream)
            if collection in collections and (vendor.name, stream) not in MOVING:
                total += self._stream(api, vendor, snapshot, stream, collection)
        return total

    def _stream(self, api: Api, vendor: Vendor, snapshot: Mapping[str, Any], stream: str, collection: str) -> int:
        path = f"/sources/{snapshot['sourceId']}/snapshots/{snapshot['snapshotId']}/streams/{stream}/records"
        ours = sorted(_plain(item["record"]) for item in api.items(path))
        theirs = sorted(_plain(held["record"]) for held in vendor.holds(collection))
        self.check(f"{vendor.name} {stream}: {_difference(ours, theirs)}", holds=ours == theirs)
        return len(theirs)


def _plain(record: dict[str, Any]) -> str:
    """Write a record in one spelling, without the key of its parent, which is ours."""
    return json.dumps({name: value for name, value in record.items() if name != "_parent"}, sort_keys=True)


def _difference(ours: list[str], theirs: list[str]) -> str:
    missing, extra = set(theirs) - set(ours), set(ours) - set(theirs)
    counts = f"{len(ours)} shown, {len(theirs)} held, {len(missing)} missing, {len(extra)} extra"
    return f"{counts}{''.join(_shown('missing', missing))}{''.join(_shown('extra', extra))}"


def _shown(what: str, records: set[str]) -> Iterator[str]:
    yield from (f"\n      {what}: {record[:200]}" for record in sorted(records)[:MOST_SHOWN])
