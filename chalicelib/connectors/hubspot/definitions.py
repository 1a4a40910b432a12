"""The definitions of all types' properties, those in use and the archived ones, which HubSpot lists apart.

What is archived or restored leaves or joins those in use. So between two full listings only these are read, and what
is archived is listed again only where their names are others than before.
"""

from dataclasses import replace
from hashlib import sha256

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reading
from chalicelib.connectors.hubspot.archived import all_types
from chalicelib.connectors.hubspot.custom import by_type
from chalicelib.connectors.hubspot.properties import archived, definitions, in_use
from chalicelib.connectors.paging import decoded

_ALL = by_type(all_types, definitions)
_IN_USE = by_type(all_types, in_use)
_ARCHIVED = by_type(all_types, archived)


class _Property(msgspec.Struct):
    name: str
    archived: bool = False


def every(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
    """List all definitions, and leave behind a sum over the names of those in use."""
    page = _ALL(fetch, reading, position)
    names = _sum(position.get("names", "") if position else "", page)
    return replace(page, since=names) if page.next is None else replace(page, next={**page.next, "names": names})


def changed(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
    """List the definitions in use; where their names are others than they were, then the archived ones, too."""
    here = position or {"names": "", "in_use": None}
    if "archived" in here:
        page = _ARCHIVED(fetch, reading, here["archived"])
        new = [one for one in page.skipped if one.there]  # the others were told with those in use
        return replace(_onward(page, "archived", here["names"]), skipped=new, reset=True)
    page = _IN_USE(fetch, reading, here["in_use"])
    names = _sum(here["names"], page)
    if page.next is None and names != reading.since:
        return replace(page, next={"names": names, "archived": None})
    return _onward(page, "in_use", names)


def _onward(page: Page, listing: str, names: str) -> Page:
    """Go on in a listing; at its end leave the sum over the names behind."""
    return replace(page, since=names) if page.next is None else replace(page, next={"names": names, listing: page.next})


def _sum(before: str, page: Page) -> str:
    """Go on with a sum over the names of properties in use, each under its type."""
    named = [f"{kind}/{name}" for kind, name in zip(page.parents, map(_in_use, page.records), strict=True) if name]
    return sha256("\n".join([before, *named]).encode()).hexdigest() if named else before


def _in_use(record: Raw) -> str:
    found = decoded(bytes(record), _Property)
    return "" if found.archived else found.name
