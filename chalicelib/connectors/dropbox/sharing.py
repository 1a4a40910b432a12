"""Dropbox's lists of shared links, shared folders and file requests."""

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reading
from chalicelib.connectors.dropbox.calls import going_on
from chalicelib.connectors.dropbox.errors import ResetError
from chalicelib.connectors.paging import again, answered, onward, restarts


class Links(msgspec.Struct, rename={"rows": "links"}):
    """A page of shared links."""

    rows: list[Raw]
    has_more: bool
    cursor: str | None = None

    @property
    def further(self) -> str | None:
        """Give the cursor of the next page."""
        return self.cursor if self.has_more else None


class Folders(msgspec.Struct, rename={"rows": "entries"}):
    """A page of shared folders; its cursor is there only while there is more."""

    rows: list[Raw]
    cursor: str | None = None

    @property
    def further(self) -> str | None:
        """Give the cursor of the next page."""
        return self.cursor


class FileRequests(msgspec.Struct, rename={"rows": "file_requests"}):
    """A page of file requests."""

    rows: list[Raw]
    cursor: str
    has_more: bool

    @property
    def further(self) -> str | None:
        """Give the cursor of the next page."""
        return self.cursor if self.has_more else None


@dataclass(frozen=True)
class Listing:
    """Lists by one route and goes on, with the cursor it gives, by another; anew where that is no longer good."""

    route: str
    onward: str
    shape: type[Links | Folders | FileRequests]
    arguments: dict[str, Any]

    def __call__(self, fetch: Fetch, _reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        try:
            answer, _ = answered(fetch, going_on(position, self.route, self.arguments, self.onward), self.shape)
        except ResetError:
            return Page((), again(position))
        if answer.further is None:
            return Page(answer.rows, None)
        return Page(answer.rows, onward(position, {"cursor": answer.further, **restarts(position)}))


shared_links = Listing("sharing/list_shared_links", "sharing/list_shared_links", Links, {})
shared_folders = Listing("sharing/list_folders", "sharing/list_folders/continue", Folders, {"limit": 1000})
file_requests = Listing("file_requests/list_v2", "file_requests/list/continue", FileRequests, {"limit": 1000})
