"""How HubSpot pages: `results`, and `paging.next.after` for as long as there is more."""

from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Reader, Reading, Request
from chalicelib.connectors.paging import BodyCursor

PAGE = 100


class Next(msgspec.Struct):
    """Where the next page begins."""

    after: str


class Paging(msgspec.Struct):
    """The part of a page that is there only while there is more."""

    next: Next | None = None


class HubSpotPage(msgspec.Struct, rename={"rows": "results"}):
    """A page of results."""

    rows: list[Raw]
    paging: Paging | None = None

    @property
    def cursor(self) -> str | None:
        """Give the next page's cursor, None on the last page."""
        return self.paging.next.after if self.paging and self.paging.next else None


def everything(path: str, **params: Any) -> Reader:  # noqa: ANN401  query values
    """List a collection in full."""
    return BodyCursor(lambda _reading: Request(path, params={"limit": PAGE, **params}, size_param="limit"), HubSpotPage)


def unpaged(path: str, **params: Any) -> Reader:  # noqa: ANN401  query values
    """List a collection that comes in one answer."""
    return BodyCursor(lambda _reading: Request(path, params=params), HubSpotPage)


def per_parent(path: str, **params: Any) -> Reader:  # noqa: ANN401  query values
    """List the children of one record; `{parent}` in the path is its id."""

    def ask(reading: Reading) -> Request:
        path_of = path.replace("{parent}", quote(reading.parents[0].key, safe=""))
        return Request(path_of, params=params, size_param="limit")

    return BodyCursor(ask, HubSpotPage)
