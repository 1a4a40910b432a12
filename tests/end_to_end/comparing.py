"""What a snapshot shows, beside what the vendor holds."""

from typing import Any

from tests.end_to_end.people import Json, Person
from tests.end_to_end.vendor import Vendor, spelled

PETS = "custom_2-3453932"
PARTIES = ("contacts", "companies", "deals", "tickets")
# Where the sandbox keeps what a stream reads under another name.
COLLECTIONS = {
    ("dropbox", "files"): "entries",
    ("hubspot", PETS): "pets",
} | {("hubspot", f"associations_{PETS}_to_{other}"): f"pets_to_{other}" for other in PARTIES}


def differences(person: Person, vendor: Vendor, snapshot: Json, *streams: str) -> dict[str, str]:
    """Tell, per stream, how a snapshot's records differ from those the vendor holds now; nothing where they do not."""
    found = {stream: _difference(person, vendor, snapshot, stream) for stream in streams}
    return {stream: told for stream, told in found.items() if told}


def on_the_books(vendor: Vendor, snapshot: Json) -> list[str]:
    """Name the streams of a snapshot of which the vendor holds any records, by its own books."""
    held = vendor.collections()
    return [stream for stream in snapshot["streams"] if held.get(_collection(vendor, stream))]


def _difference(person: Person, vendor: Vendor, snapshot: Json, stream: str) -> str:
    shown = sorted(spelled(item["record"]) for item in person.records(snapshot, stream))
    held = vendor.records(_collection(vendor, stream))
    assert held, f"{vendor.name} holds no {stream}: comparing them would say nothing"
    if shown == held:
        return ""
    missing, extra = set(held) - set(shown), set(shown) - set(held)
    return f"{len(shown)} shown, {len(held)} held; missing {sorted(missing)[:2]}, extra {sorted(extra)[:2]}"


def _collection(vendor: Vendor, stream: str) -> str:
    return COLLECTIONS.get((vendor.name, stream), stream)


def counts(snapshot: Json, stream: str) -> tuple[int, int, int]:
    """Count what a snapshot found added, changed and deleted in a stream."""
    found = snapshot["streams"][stream]
    return found["added"], found["changed"], found["deleted"]


def stored_bytes(snapshot: Json) -> int:
    """Add up what this run stored in parts."""
    return sum(part["sizeBytes"] for stream in snapshot["streams"].values() for part in stream["parts"])


def keyed(person: Person, snapshot: Json, stream: str) -> dict[str, Any]:
    """Give a stream's records by their keys."""
    return {item["key"]: item["record"] for item in person.records(snapshot, stream)}
