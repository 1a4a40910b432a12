"""How Stripe lists: newest first, `starting_after` an id, `has_more` always said; some by when they were created."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading, Request, Skipped
from chalicelib.connectors.paging import LastId
from chalicelib.connectors.refusals import NotOfferedError

PAGE = 100
LATE_SECONDS = 600


class StripeList(msgspec.Struct, rename={"rows": "data", "more": "has_more"}):
    """A page of a list."""

    rows: list[Raw]
    more: bool


def everything(path: str, **params: Any) -> Reader:  # noqa: ANN401  query values
    """List a collection in full, or the slice of it that was created within the reading's window."""
    return marked(LastId(lambda reading: _request(path, {**params, **_within(reading)}), StripeList))


def created_since(
    path: str, *, params: Mapping[str, Any] | None = None, look_back_seconds: int = LATE_SECONDS
) -> Reader:
    """List what was created since the last reading, and a little before."""

    def ask(reading: Reading) -> Request:
        return _request(path, {**(params or {}), "created[gte]": int(reading.since) - look_back_seconds})

    return marked(LastId(ask, StripeList))


def expanding(fields: Sequence[str], within: str = "") -> dict[str, list[str]]:
    """Ask for members that Stripe sends only on request: of an object, or of the rows of a list (`within` "data.")."""
    return {"expand[]": [within + field for field in fields]} if fields else {}


def per_parent(path: str, param: str = "") -> Reader:
    """List the children of one record: `{parent}` in the path is its id, or `param` names it."""

    def ask(reading: Reading) -> Request:
        parent = reading.parents[0].key
        return _request(path.replace("{parent}", parent), {param: parent} if param else {})

    return LastId(ask, StripeList)


def in_turn(*readers: Reader) -> Reader:
    """Read with one reader after another.

    A position of the first reader by itself, from a job that was begun before there were others, is its place.
    """
    if len(readers) == 1:
        return readers[0]

    def read(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        here: Position = position if position and "reader" in position else {"reader": 0, "at": position}
        number = here["reader"]
        page = readers[number](fetch, reading, here["at"])
        if page.next is not None:
            return replace(page, next={"reader": number, "at": page.next})
        if number + 1 < len(readers):
            return replace(page, next={"reader": number + 1, "at": None}, since=None)
        return page

    return read


def one(path: str) -> Reader:
    """Read the one record that there is."""

    def read(fetch: Fetch, _reading: Reading, _position: Position | None) -> Page:
        return Page([Raw(fetch(Request(path)).body)], None)

    return read


def marked(reader: Reader) -> Reader:
    """Leave the vendor's time at the start of the job behind, for the next incremental reading."""

    def read(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        page = reader(fetch, reading, position)
        if page.next is None and reading.until is not None:
            return replace(page, since=int(reading.until.timestamp()))
        return page

    return read


def optional(reader: Reader) -> Reader:
    """Read a product's records where the account has the product; where it has not, say so and find none."""

    def read(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        try:
            return reader(fetch, reading, position)
        except NotOfferedError:
            return Page([], None, skipped=[Skipped(None, "this product is not enabled for the account", under=True)])

    return read


def _request(path: str, params: dict[str, Any]) -> Request:
    return Request(path, params={"limit": PAGE, **params}, size_param="limit")


def _within(reading: Reading) -> dict[str, str]:
    if reading.window is None:
        return {}
    start, end = reading.window
    return {"created[gte]": start, "created[lt]": end}
