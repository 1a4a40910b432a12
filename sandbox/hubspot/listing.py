"""Pages of a shelf: filtered by its times, in the order of ids or sorted, from a row on."""

import base64
import binascii
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import msgspec

from sandbox.clock import rfc3339_millis
from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import Call, paged
from sandbox.hubspot.shelves import BY_NAME
from sandbox.messages import Response
from sandbox.spelling import Json

BOUNDS: dict[str, Callable[[str, str], bool]] = {
    "At": lambda value, bound: value == bound,
    "After": lambda value, bound: value > bound,
    "Before": lambda value, bound: value < bound,
}
Test = Callable[[Record], bool]


class Place(NamedTuple):
    """Where a row stands in a sorted list."""

    value: str
    ordinal: int


def moment(text: str) -> str:
    """Spell a time, given in milliseconds or as ISO 8601, as records do, so that texts compare as times."""
    try:
        return rfc3339_millis(int(text) if text.isdigit() else round(datetime.fromisoformat(text).timestamp() * 1000))
    except ValueError as error:
        raise errors.invalid(f"Invalid date-time: {text}") from error


def within_times(call: Call, shelf: str) -> Test:
    """Return the test that createdAfter, updatedBefore and so on ask for."""
    asked = [
        (member, holds, moment(call.request.args[name + suffix]))
        for name, member in (("created", BY_NAME[shelf].created), ("updated", BY_NAME[shelf].updated))
        for suffix, holds in BOUNDS.items()
        if name + suffix in call.request.args
    ]
    return lambda record: all(holds(record[member], bound) for member, holds, bound in asked)


def in_order(
    call: Call, shelf: str, limit: int, wanted: Test, ordinals: Iterable[int] | None = None, **more: Json
) -> Response:
    """Answer a page in the order of ids; `after` names the next row."""
    rows, after = call.account.shelves[shelf], call.request.args.get("after")
    start = rows.locate(after) if after else 0
    if start is None:
        raise errors.invalid(f"Invalid after: {after}")
    listed = call.account.cabinet.alive(shelf, call.flag("archived")) if ordinals is None else ordinals
    matching = (n for n in listed if n >= start and wanted(rows.record(n)))
    found = list(islice(matching, limit + 1))
    following = rows.key(found[limit]) if len(found) > limit else None
    return paged(call, [BY_NAME[shelf].listed(rows.record(n)) for n in found[:limit]], following, **more)


def by_member(
    call: Call, shelf: str, member: str, limit: int, wanted: Test, ordinals: Iterable[int] | None = None, **more: Json
) -> Response:
    """Answer a page sorted by a member, descending with a minus before it; `after` tells the last row's place."""
    rows, falling = call.account.shelves[shelf], member.startswith("-")
    listed = call.account.cabinet.alive(shelf, call.flag("archived")) if ordinals is None else ordinals
    matching = [n for n in listed if wanted(rows.record(n))]
    places = sorted((Place(str(rows.record(n)[member.lstrip("-")]), n) for n in matching), reverse=falling)
    if "after" in call.request.args:
        last = _place(call.request.args["after"])
        places = [place for place in places if (place < last if falling else place > last)]
    shown = places[:limit]
    following = _cursor(shown[-1]) if len(places) > limit else None
    records = [BY_NAME[shelf].listed(rows.record(place.ordinal)) for place in shown]
    return paged(call, records, following, **more)


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _place(text: str) -> Place:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Place)
    except (binascii.Error, msgspec.DecodeError) as error:
        raise errors.invalid(f"Invalid after: {text}") from error


def find(call: Call, shelf: str, key: str) -> int:
    """Find a record of a shelf, among the archived ones where the request asks for those."""
    ordinal = call.account.cabinet.find(shelf, key, call.flag("archived"))
    if ordinal is None:
        raise errors.missing(f"{shelf} {key} does not exist")
    return ordinal
