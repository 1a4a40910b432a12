"""HubSpot's connector against the index of the vendor's endpoints."""

import json
import re
from functools import cache
from typing import Any

import pytest

from chalicelib.connectors.connector import Request, Stream
from chalicelib.connectors.hubspot import HUBSPOT
from tests.contracts.specs import Recorder, needed, requests_of

INDEX = needed("hubspot", "endpoints.from-sdk-12.0.0.json")
LATER_THAN_THE_SDK = {"dataSensitivity"}
NOT_INDEXED = ("/automation/v4/flows", "/conversations/v3/", "/crm/v3/limits/", "/form-integrations/v1/")
LINE = b'{"id":"parent_1","fileMd5":"x","updatedAt":"2026-01-01T00:00:00Z","size":1}'
CUSTOM = [HUBSPOT.stream("custom_2-1"), HUBSPOT.stream("associations_custom_2-1_to_contacts")]
STREAMS = [*HUBSPOT.streams, *CUSTOM]


@cache
def endpoints() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(INDEX.read_text())["endpoints"]
    return found


def tell(request: Request) -> Any:
    """Answer in the shape of what was asked for, with one row and, the first time, with more to come."""
    path, body = request.path, request.body or {}
    if path == "/crm/v3/lists/search":
        return {"lists": [{"listId": str(body["offset"] + row)} for row in range(2)], "total": 3}
    if path == "/crm/v3/lists":
        return {"lists": [{"listId": "1"}]}
    if re.fullmatch(r"/crm/v3/lists/\d+", path):
        return {"list": {"listId": path.rpartition("/")[2]}}
    if path.endswith("/signed-url"):
        return {"url": "https://1.fs1.hubspotusercontent-na1.net/x"}
    if path.endswith("/search") and request.method == "POST":
        first = body["filterGroups"][0]["filters"][1]["value"] == "0"
        return {"total": 2 if first else 1, "results": [{"id": "8" if first else "9"}]}
    if path.startswith("/crm/v4/associations/") and request.method == "POST":
        more = {"paging": {"next": {"after": "5"}}} if "after" not in body["inputs"][0] else {}
        return {"results": [{"from": {"id": "parent_1"}, "to": [{"toObjectId": 1}], **more}]}
    row = {"id": "7", "name": "email", "objectTypeId": "2-1"}
    more = {"paging": {"next": {"after": "7"}}} if request.method == "GET" and "after" not in request.params else {}
    return {"results": [row], **({} if _unpaged(path) else more)}


def _unpaged(path: str) -> bool:
    return path.endswith(("/labels", "/groups", "/schemas")) or "/pipelines/" in path or "/properties/" in path


def documented(request: Request) -> dict[str, Any]:
    for endpoint in endpoints():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(endpoint["path"].rstrip("/")))
        if endpoint["method"] == request.method and re.fullmatch(pattern, request.path):
            return endpoint
    raise AssertionError(f"HubSpot has no {request.method} {request.path}")


def asked(stream: Stream) -> list[Request]:
    return [
        request for request in requests_of(stream, Recorder(tell), LINE, since=1_700_000_000_000) if request.authorized
    ]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_request_is_one_that_hubspot_has(stream: Stream) -> None:
    requests = [request for request in asked(stream) if not request.path.startswith(NOT_INDEXED)]

    for request in requests:
        assert set(request.params) - LATER_THAN_THE_SDK <= set(documented(request)["query"]), request.path
    if not requests:
        pytest.skip("this endpoint is not in the index, which was made from the SDK")


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_no_request_asks_for_more_at_once_than_hubspot_gives(stream: Stream) -> None:
    most = {"owners": 500, "list_memberships": 250, "form_submissions": 50}

    for request in asked(stream):
        assert int(request.params.get("limit", 0)) <= most.get(stream.name, 100)
        inputs = (request.body or {}).get("inputs", [])
        assert len(inputs) <= (1000 if "/associations/" in request.path else 100)
        assert len(str(request.params.get("properties", ""))) < 15_000


def test_a_search_is_within_its_limits_and_never_deeper_than_a_page() -> None:
    searches = [request for request in asked(HUBSPOT.stream("contacts")) if request.path.endswith("/search")]

    assert len(searches) == 2
    for request in searches:
        assert request.limit == "search"
        assert request.body["limit"] <= 200
        assert "after" not in request.body
        assert len(request.body["filterGroups"]) <= 5
