"""Collections whose archived entries are listed apart: first those in use, then the archived ones."""

from dataclasses import replace
from typing import Any

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading, Request
from chalicelib.connectors.hubspot.pages import PAGE, HubSpotPage
from chalicelib.connectors.paging import BodyCursor


def both(path: str, *, limit: int | None = PAGE, **params: Any) -> Reader:  # noqa: ANN401  query values
    """List a collection and then its archived entries."""
    paged = params if limit is None else {"limit": limit, **params}

    def read(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        here = position or {"archived": "false", "at": None}
        request = Request(path, params={"archived": here["archived"], **paged}, size_param="limit")
        page = BodyCursor(lambda _reading: request, HubSpotPage)(fetch, reading, here["at"])
        if page.next is not None:
            return replace(page, next={"archived": here["archived"], "at": page.next})
        return replace(page, next={"archived": "true", "at": None} if here["archived"] == "false" else None)

    return read
