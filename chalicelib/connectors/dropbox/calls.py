"""How Dropbox is called: its RPC style (JSON in the body) and its download style (JSON in a header)."""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.connectors.connector import Position, Request

CONTENT = "https://content.dropboxapi.com"
CONTENT_LIMIT = "content"


def rpc(route: str, arguments: Mapping[str, Any] | None = None) -> Request:
    """Call a route that takes JSON; a route without arguments takes `null`."""
    body = b"null" if arguments is None else json.dumps(arguments).encode()
    return Request(f"/2/{route}", "POST", body=body, headers={"Content-Type": "application/json"})


def going_on(position: Position | None, route: str, arguments: Mapping[str, Any], onward: str = "") -> Request:
    """Call a route, or where a listing goes on from a cursor, the route beside it that takes that."""
    if position and "cursor" in position:
        return rpc(onward or f"{route}/continue", {"cursor": position["cursor"]})
    return rpc(route, arguments)


def download(route: str, arguments: Mapping[str, Any]) -> Request:
    """Call a route that answers with a file. Headers are ASCII, so its arguments are escaped."""
    headers = {"Dropbox-API-Arg": json.dumps(arguments)}
    return Request(f"/2/{route}", "POST", host=CONTENT, headers=headers, limit=CONTENT_LIMIT)
