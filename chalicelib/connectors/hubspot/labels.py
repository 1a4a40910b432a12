"""Association labels: of each two types, both ways round.

HubSpot lists those of one pair at a time, so that all of them take some two hundred requests. Nearly all are its own,
the same in every account. So between two full listings, two requests ask for what an account can change of them: how
it uses the limit on labels of its own, which names them all, and its own types with their associations. Where the
answers are as before, so are the labels; where not, or where HubSpot does not say, all are listed again.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading, Request
from chalicelib.connectors.hubspot.custom import SCHEMAS, UNKNOWN, by_type, pairs, types_or_unknown
from chalicelib.connectors.hubspot.pages import unpaged
from chalicelib.connectors.hubspot.types import TYPES
from chalicelib.connectors.paging import answered
from chalicelib.errors import FatalError, ForbiddenStreamError, SkippableError

USAGE = Request("/crm/v3/limits/associations/labels")


class _Told(msgspec.Struct):
    results: list[Raw]


def _pairs(fetch: Fetch) -> Sequence[str]:
    """Name each pair of types both ways round: a label reads otherwise from the other side, and has another id."""
    own = types_or_unknown(fetch)
    there = [(kind, other) for kind, of in TYPES.items() for other in of.near]
    there += pairs([kind for kind in own if kind != UNKNOWN])
    named = [f"{kind}/{other}" for pair in there for kind, other in (pair, pair[::-1])]
    return list(dict.fromkeys([*named, *(kind for kind in own if kind == UNKNOWN)]))


def _of_pair(pair: str) -> Reader:
    """Read the labels of two types; what HubSpot refuses of these, an account may have of all others."""
    labels = unpaged(f"/crm/v4/associations/{pair}/labels")

    def read(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        try:
            return labels(fetch, reading, position)
        except FatalError as refused:
            raise ForbiddenStreamError(str(refused)) from refused

    return read


_OF_ALL_PAIRS = by_type(_pairs, _of_pair)


def every(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
    """List the labels of all pairs, and leave behind what HubSpot told at the beginning of an account's own."""
    return _listed(fetch, reading, position, position.get("own") if position else _own(fetch))


def changed(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
    """Find all labels to be as they were, or list them all again."""
    own = position.get("own") if position else _own(fetch)
    if position is None and own == reading.since:
        return Page((), None, since=own)
    return replace(_listed(fetch, reading, position, own), reset=True)


def _listed(fetch: Fetch, reading: Reading, position: Position | None, own: str | None) -> Page:
    page = _OF_ALL_PAIRS(fetch, reading, position)
    return replace(page, since=own) if page.next is None else replace(page, next={**page.next, "own": own})


def _own(fetch: Fetch) -> str | None:
    """Sum up what HubSpot tells of an account's own labels and types; None where it does not tell all of it."""
    try:
        told = [row for request in (USAGE, SCHEMAS) for row in answered(fetch, request, _Told)[0].results]
    except (FatalError, SkippableError):
        return None
    return sha256(b"\n".join(sorted(map(bytes, told)))).hexdigest()
