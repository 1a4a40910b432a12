"""Stripe's connector against Stripe's OpenAPI document."""

import gzip
import json
import re
from functools import cache
from typing import Any

import pytest
import yaml

from chalicelib.connectors.connector import Request, Stream
from chalicelib.connectors.stripe import STRIPE
from chalicelib.connectors.stripe.events import Changes
from chalicelib.connectors.stripe.nested import Nested
from tests.contracts.specs import Recorder, needed, requests_of

SPEC = needed("stripe", "spec3.2023-09-12.yaml.gz")
FIXTURES = needed("stripe", "fixtures3.json")
# Lists that are younger than the document: what their rows hold is in the vendor's fixtures.
YOUNGER = {
    "/v1/tax/registrations": ("tax.registration", "status"),
    "/v1/entitlements/features": ("entitlements.feature", "archived"),
    "/v1/products/{product}/features": ("product_feature",),
}
FILE = b'{"id":"parent_1","url":"https://files.stripe.com/v1/files/parent_1/contents","size":1}'


@cache
def spec() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(gzip.decompress(SPEC.read_bytes()), Loader=yaml.CSafeLoader)
    assert not YOUNGER.keys() & found["paths"]
    found["paths"] |= {path: {"get": younger(*facts)} for path, facts in YOUNGER.items()}
    return found


def younger(name: str, *filters: str) -> dict[str, Any]:
    """Describe a list as the document would."""
    fields = json.loads(FIXTURES.read_bytes())["resources"][name]
    row: dict[str, Any] = {"properties": {field: {} for field in fields}}
    parameters = ("ending_before", "expand", "limit", "starting_after", *filters)
    return {
        "parameters": [{"name": each, "in": "query"} for each in parameters],
        "responses": {"200": {"content": {"application/json": {"schema": {"properties": {"data": {"items": row}}}}}}},
    }


def tell(request: Request) -> Any:
    """Answer with an empty list, with one event of each type asked for, or with the one object asked for."""
    if request.path == "/v1/events" and "types[]" in request.params:
        return {"has_more": False, "data": [event(kind) for kind in request.params["types[]"]]}
    if request.path in {"/v1/account", "/v1/tax/settings"} or request.path.endswith("_1"):
        return {"id": "thing_1"}
    if request.params.get("starting_after"):
        return {"has_more": False, "data": []}
    return {"has_more": True, "data": [{"id": "thing_9"}]}


def event(kind: str) -> dict[str, Any]:
    named = {"id": "thing_1", "customer": "cus_1", "charge": "ch_1", "fee": "fee_1"}
    return {"id": f"evt_{kind}", "type": kind, "created": 1, "data": {"object": named}}


def operation(request: Request) -> tuple[str, dict[str, Any]]:
    """Find what the vendor documents of a request."""
    for path, methods in spec()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
        if re.fullmatch(pattern, request.path) and request.method.lower() in methods:
            return path, methods[request.method.lower()]
    raise AssertionError(f"Stripe documents no {request.method} {request.path}")


def asked(stream: Stream) -> list[Request]:
    return requests_of(stream, Recorder(tell), FILE, since=1_700_000_000)


def schema_of(path: str) -> dict[str, Any]:
    """Give what one row of a list looks like."""
    shape = spec()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    row = shape.get("properties", {}).get("data", {}).get("items", shape)
    while "$ref" in row or "anyOf" in row:
        row = row["anyOf"][0] if "anyOf" in row else spec()["components"]["schemas"][row["$ref"].rpartition("/")[2]]
    return dict(row)


def shown_on_request(schema: dict[str, Any], path: str) -> bool:
    """Tell whether an object has a member at a dotted path that can be expanded."""
    name, _, rest = path.partition(".")
    member = schema["properties"][name]
    if not rest:
        return name in schema.get("x-expandableFields", []) or "additionalProperties" in member
    return shown_on_request(spec()["components"]["schemas"][member["$ref"].rpartition("/")[2]], rest)


ONLY_CONTENTS = "files.stripe.com serves contents, which the document does not cover"


@pytest.mark.parametrize("stream", STRIPE.streams, ids=lambda stream: stream.name)
def test_every_request_is_one_that_stripe_documents(stream: Stream) -> None:
    requests = [request for request in asked(stream) if request.host is None]

    assert requests
    for request in requests:
        _, documented = operation(request)
        known = {parameter["name"] for parameter in documented["parameters"] if parameter["in"] == "query"}
        assert {re.sub(r"\[.*", "", name) for name in request.params} <= known, request.path


@pytest.mark.parametrize("stream", STRIPE.streams, ids=lambda stream: stream.name)
def test_every_field_that_is_read_is_one_that_stripe_documents(stream: Stream) -> None:
    path, _ = operation(next(request for request in asked(stream) if request.host is None))
    fields = schema_of(path)["properties"]

    wanted = {stream.key, stream.cursor or stream.key}
    assert wanted <= set(fields), f"{stream.name}: {wanted - set(fields)}"
    if stream.content:
        assert {"url", "size"} <= set(fields)


@pytest.mark.parametrize("stream", STRIPE.streams, ids=lambda stream: stream.name)
def test_what_is_to_be_expanded_is_what_stripe_can_expand(stream: Stream) -> None:
    for request in asked(stream):
        path, _ = operation(request) if request.params.get("expand[]") else ("", {})
        for field in request.params.get("expand[]", ()):
            assert shown_on_request(schema_of(path), field.removeprefix("data.")), f"{path}: {field}"
            assert field.startswith("data.") == (not path.endswith("}"))


@pytest.mark.parametrize("stream", STRIPE.streams, ids=lambda stream: stream.name)
def test_a_stream_is_cut_by_creation_only_where_stripe_can_filter_by_it(stream: Stream) -> None:
    _, documented = operation(next(request for request in asked(stream) if request.host is None))
    filters = {parameter["name"] for parameter in documented["parameters"]}

    assert stream.window is None or "created" in filters


def test_lists_have_what_their_pages_are_read_by() -> None:
    shape = spec()["paths"]["/v1/customers"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert {"data", "has_more"} <= set(shape["required"])


@pytest.mark.parametrize(
    "stream", [each for each in STRIPE.streams if isinstance(each.full, Nested)], ids=lambda stream: stream.name
)
def test_nested_lists_are_where_they_are_looked_for(stream: Stream) -> None:
    assert stream.children is not None
    assert isinstance(stream.full, Nested)
    of = STRIPE.stream(stream.children.of)
    path, _ = operation(next(request for request in asked(of) if request.host is None))

    nested = schema_of(path)["properties"][stream.full.name]

    assert {"data", "has_more"} <= set(nested["required"])


@pytest.mark.parametrize(
    "stream", [each for each in STRIPE.streams if isinstance(each.changes, Changes)], ids=lambda stream: stream.name
)
def test_events_are_of_types_that_stripe_sends(stream: Stream) -> None:
    form = spec()["paths"]["/v1/webhook_endpoints"]["post"]["requestBody"]["content"]
    types = form["application/x-www-form-urlencoded"]["schema"]["properties"]["enabled_events"]["items"]["enum"]

    assert isinstance(stream.changes, Changes)
    assert set(stream.changes.types) <= set(types)


def test_events_have_what_is_read_of_them() -> None:
    event, data = (spec()["components"]["schemas"][name] for name in ("event", "notification_event_data"))

    assert {"type", "created", "data"} <= set(event["required"])
    assert {"object", "previous_attributes"} <= set(data["properties"])
