"""The properties of an object type. HubSpot lists those with sensitive values apart, and needs scopes of their own."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import msgspec

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading, Request, Skipped
from chalicelib.connectors.hubspot.pages import unpaged
from chalicelib.connectors.hubspot.withdrawn import both
from chalicelib.connectors.paging import answered
from chalicelib.errors import ForbiddenStreamError

APART = ("sensitive", "highly_sensitive")
# developers.hubspot.com/docs/api-reference/crm-sensitive-data/guide: these and an account's own types.
SENSITIVE_TYPES = ("contacts", "companies", "deals", "tickets")


class _Named(msgspec.Struct):
    name: str


class _Properties(msgspec.Struct):
    results: list[_Named]


def properties(fetch: Fetch, kind: str) -> list[str]:
    """List the names of all properties an object type has in this account, as far as they may be seen."""
    names = set(_names(fetch, kind))
    for sensitivity in _apart(kind):
        with suppress(ForbiddenStreamError):  # told by the stream of definitions
            names |= _names(fetch, kind, dataSensitivity=sensitivity)
    return sorted(names)


def _names(fetch: Fetch, kind: str, **params: str) -> set[str]:
    request = Request(f"/crm/v3/properties/{kind}", params={"archived": "false", **params})
    return {each.name for each in answered(fetch, request, _Properties)[0].results}


def definitions(kind: str) -> Reader:
    """List a type's properties, in use and archived."""
    return _of_each_sensitivity(kind, lambda path, **apart: both(path, limit=None, **apart))


def in_use(kind: str) -> Reader:
    """List a type's properties that are not archived."""
    return _of_each_sensitivity(kind, partial(unpaged, archived="false"))


def archived(kind: str) -> Reader:
    """List a type's archived properties."""
    return _of_each_sensitivity(kind, partial(unpaged, archived="true"))


def _of_each_sensitivity(kind: str, listing: Callable[..., Reader]) -> Reader:
    """List a type's properties, then the sensitive ones; that these may not be seen is noted, and no more than that."""
    path, apart = f"/crm/v3/properties/{kind}", _apart(kind)
    ordinary, sensitive = listing(path), {name: listing(path, dataSensitivity=name) for name in apart}

    def read(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        here = position or {"apart": None, "at": None}
        try:
            page = sensitive.get(here["apart"], ordinary)(fetch, reading, here["at"])
        except ForbiddenStreamError as no:
            if here["apart"] is None:
                raise
            note = f"{kind} may have {here['apart']} properties, whose values are not backed up: {no}"
            page = Page((), None, skipped=[Skipped(f"({here['apart']})", note)])
        if page.next is not None:
            return replace(page, next={"apart": here["apart"], "at": page.next})
        following = _after(here["apart"], apart)
        return replace(page, next={"apart": following, "at": None} if following else None)

    return read


def _apart(kind: str) -> tuple[str, ...]:
    """Name the sensitivities that a type's properties may have and are listed by."""
    return APART if kind in SENSITIVE_TYPES or kind.startswith("2-") else ()


def _after(sensitivity: str | None, apart: Sequence[str]) -> str | None:
    left = apart if sensitivity is None else apart[apart.index(sensitivity) + 1 :]
    return left[0] if left else None
