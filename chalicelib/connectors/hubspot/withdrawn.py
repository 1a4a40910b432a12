"""Collections whose archived entries are listed apart."""

from typing import Any

from chalicelib.connectors.apart import Apart
from chalicelib.connectors.connector import Reader, Request
from chalicelib.connectors.hubspot.pages import PAGE, HubSpotPage
from chalicelib.connectors.paging import BodyCursor


def both(path: str, *, limit: int | None = PAGE, **params: Any) -> Reader:  # noqa: ANN401  query values
    """List a collection and its archived entries."""
    paged = params if limit is None else {"limit": limit, **params}

    def listing(archived: str) -> tuple[str, Reader]:
        request = Request(path, params={"archived": archived, **paged}, size_param="limit")
        return archived, BodyCursor(lambda _reading: request, HubSpotPage)

    return Apart("archived", in_use=listing("false"), set_aside=listing("true"))
