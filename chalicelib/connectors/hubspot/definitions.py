"""The definitions of all types' properties, those in use and the archived ones, which HubSpot lists apart.

What is archived or restored leaves or joins those in use. So between two full listings only these are read, and what
is archived is listed again only where their names are others than before. One that is restored in between would be in
neither list; so the names of those in use are looked at once more then, and where they have changed all is listed anew.
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
from chalicelib.errors import FatalError

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
    """List the definitions in use; where their names are others than they were, then the archived ones, too.

    Raises FatalError where the names change each time while they are read.
    """
    here = position or {"names": "", "in_use": None}
    if "confirmed" in here:
        return _confirmed(fetch, reading, here)
    if "archived" in here:
        page = _ARCHIVED(fetch, reading, here["archived"])
        new = [one for one in page.skipped if one.there]  # the others were told with those in use
        further: Position = {"archived": page.next} if page.next is not None else {"confirmed": None, "now": ""}
        return replace(page, next={**_kept(here), **further}, skipped=new)
    page = _IN_USE(fetch, reading, here["in_use"])
    names = _sum(here["names"], page)
    if page.next is None and names == reading.since:
        return replace(page, since=names)
    following: Position = {"archived": None} if page.next is None else {"in_use": page.next}
    return replace(page, next={**_kept(here), "names": names, **following})


def _confirmed(fetch: Fetch, reading: Reading, here: Position) -> Page:
    """Look at the names in use once more; end where they are as before, else list anew, once."""
    page = _IN_USE(fetch, reading, here["confirmed"])
    now = _sum(here["now"], page)
    if page.next is not None:
        return Page((), {**_kept(here), "confirmed": page.next, "now": now})
    if now == here["names"]:
        return Page((), None, since=now, reset=True)
    if "anew" in here:
        raise FatalError("HubSpot's properties change again and again while they are read; back the source up again")
    return Page((), {"anew": True, "names": "", "in_use": None})


def _kept(here: Position) -> Position:
    """Give what a position says whatever is being listed."""
    return {name: here[name] for name in ("names", "anew") if name in here}


def _sum(before: str, page: Page) -> str:
    """Go on with a sum over the names of properties in use, each under its type."""
    named = [f"{kind}/{name}" for kind, name in zip(page.parents, map(_in_use, page.records), strict=True) if name]
    return sha256("\n".join([before, *named]).encode()).hexdigest() if named else before


def _in_use(record: Raw) -> str:
    found = decoded(bytes(record), _Property)
    return "" if found.archived else found.name
