"""Searches of which HubSpot shows the first 10,000 results only: read on from the id of the last one shown.

HubSpot's cursors are its own, so the results are counted as they come. In which order they come is not documented; so
the ids on the last page tell whether those of the rest are higher or lower, and where they are in no order the stream
fails rather than end there.
"""

from collections.abc import Sequence
from dataclasses import replace

from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading
from chalicelib.connectors.hubspot.pages import everything
from chalicelib.connectors.paging import onward, record_id
from chalicelib.errors import FatalError

CAP = 10_000


def capped(path: str) -> Reader:
    """List a search in full, in as many searches as it takes; each begins with what the one before ended with."""

    def read(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        here = position or {}
        within, at = here.get("within", {}), {"after": here["after"]} if "after" in here else None
        page = everything(path, **within)(fetch, reading, at)
        if page.next is None:
            return page
        shown = here.get("shown", 0) + len(page.records)
        if shown < CAP:
            return replace(page, next={**page.next, "within": within, "shown": shown})
        return replace(page, next=onward(position, {"within": _rest(page.records)}))

    return read


def _rest(last_page: Sequence[Raw]) -> dict[str, int]:
    """Name the ids of the results that a search did not show."""
    ids = [int(record_id(record)) for record in last_page]
    if len(ids) > 1 and ids == sorted(ids):
        return {"idGte": ids[-1]}
    if len(ids) > 1 and ids == sorted(ids, reverse=True):
        return {"idLte": ids[-1]}
    raise FatalError(f"result_cap: HubSpot shows {CAP} results, in no order of ids in which to read on")
