"""For each connector streams with pages as the vendor would send them, for the standard suite."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Connector, Facts, Parent, Stream
from chalicelib.connectors.registry import registered
from tests.connectors.acme import ACME
from tests.connectors.vendor import Asked

EXAMPLES = registered(ACME)


@dataclass(frozen=True)
class Sample:
    """A stream and its pages: `at` tells from a request which page is asked for, `same` names the same page again."""

    platform: str
    stream_name: str
    pages: list[dict[str, Any]]
    at: Callable[[Asked], int]
    same: dict[str, Any]
    empty: dict[str, Any]
    keys: list[str]
    parents: tuple[Parent, ...] = ()
    facts: Facts = field(default_factory=dict)

    @property
    def connector(self) -> Connector:
        return EXAMPLES.get(self.platform) or CONNECTORS[self.platform]

    @property
    def stream(self) -> Stream:
        return self.connector.stream(self.stream_name)


def stripe(path: str, prefix: str) -> tuple[list[dict[str, Any]], Callable[[Asked], int], list[str]]:
    ids = [f"{prefix}_{n}" for n in range(6)]
    pages = [
        {"object": "list", "url": path, "has_more": n < 2, "data": [{"id": ids[2 * n]}, {"id": ids[2 * n + 1]}]}
        for n in range(3)
    ]
    place = {None: 0, ids[1]: 1, ids[3]: 2}
    return pages, lambda asked: place[asked.param("starting_after")], ids


def stripe_sample(stream: str, path: str, prefix: str, **more: Any) -> Sample:
    pages, at, keys = stripe(path, prefix)
    same = {"object": "list", "url": path, "has_more": True, "data": [{"id": keys[1]}]}
    empty = {"object": "list", "url": path, "has_more": False, "data": []}
    return Sample("stripe", stream, pages, at, same, empty, keys, **more)


def hubspot_sample(stream: str, **more: Any) -> Sample:
    keys = [str(51 + n) for n in range(6)]
    pages: list[dict[str, Any]] = [
        {"results": [_contact(keys[2 * n]), _contact(keys[2 * n + 1])], "paging": {"next": {"after": keys[2 * n + 1]}}}
        for n in range(3)
    ]
    del pages[2]["paging"]
    place = {None: 0, keys[1]: 1, keys[3]: 2}
    same = {"results": [_contact(keys[1])], "paging": {"next": {"after": keys[1]}}}
    return Sample(
        "hubspot", stream, pages, lambda asked: place[asked.param("after")], same, {"results": []}, keys, **more
    )


def _contact(key: str) -> dict[str, Any]:
    return {"id": key, "properties": {"email": f"{key}@example.com"}, "archived": False}


def dropbox_files() -> Sample:
    keys = [f"/folder/file {n}.txt" for n in range(6)]
    pages = [
        {"entries": [_file(keys[2 * n]), _file(keys[2 * n + 1])], "cursor": f"cursor-{n + 1}", "has_more": n < 2}
        for n in range(3)
    ]
    same = {"entries": [_file(keys[1])], "cursor": "cursor-1", "has_more": True}
    empty = {"entries": [], "cursor": "cursor-1", "has_more": False}
    place = {"cursor-1": 1, "cursor-2": 2}
    at = lambda asked: place[asked.json["cursor"]] if asked.path.endswith("/continue") else 0  # noqa: E731
    return Sample("dropbox", "files", pages, at, same, empty, keys)


def _file(path: str) -> dict[str, Any]:
    return {".tag": "file", "path_lower": path, "id": f"id:{path[-5:]}", "rev": "a1c10ce0dd78", "size": 0}


def dropbox_links() -> Sample:
    keys = [f"https://www.dropbox.com/s/{n}" for n in range(6)]
    pages: list[dict[str, Any]] = [
        {"links": [{"url": keys[2 * n]}, {"url": keys[2 * n + 1]}], "cursor": f"cursor-{n + 1}", "has_more": n < 2}
        for n in range(3)
    ]
    place = {None: 0, "cursor-1": 1, "cursor-2": 2}
    return Sample(
        "dropbox",
        "shared_links",
        pages,
        lambda asked: place[asked.json.get("cursor")],
        {"links": [{"url": keys[1]}], "cursor": "cursor-1", "has_more": True},
        {"links": [], "has_more": False},
        keys,
    )


def acme_invoices() -> Sample:
    keys = [f"inv_{n}" for n in range(6)]
    pages: list[dict[str, Any]] = [
        {"invoices": [{"id": keys[2 * n]}, {"id": keys[2 * n + 1]}], "next_cursor": f"cursor-{n + 1}"} for n in range(3)
    ]
    pages[2]["next_cursor"] = None
    place = {None: 0, "cursor-1": 1, "cursor-2": 2}
    return Sample(
        "acme",
        "invoices",
        pages,
        lambda asked: place[asked.param("cursor")],
        {"invoices": [{"id": keys[1]}], "next_cursor": "cursor-1"},
        {"invoices": [], "next_cursor": None},
        keys,
    )


SAMPLES = [
    acme_invoices(),
    stripe_sample("customers", "/v1/customers", "cus"),
    stripe_sample("tax_ids", "/v1/customers/cus_1/tax_ids", "txi", parents=(Parent("cus_1", b'{"id":"cus_1"}'),)),
    hubspot_sample("contacts", facts={"properties": ["email"]}),
    hubspot_sample("files"),
    dropbox_files(),
    dropbox_links(),
]
