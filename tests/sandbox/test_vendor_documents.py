"""Holds the sandbox against the vendors' own descriptions, where they are at hand."""

import gzip
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator  # type: ignore[import-untyped]  # it comes without types

from sandbox.dropbox.call import routes as dropbox_routes
from sandbox.hubspot.call import routes as hubspot_routes
from sandbox.stripe.catalog import BY_NAME, PARTS, RESOURCES
from sandbox.stripe.derive import derive
from sandbox.stripe.resource import Resource
from sandbox.stripe.shapes import SHAPES_FILE, YOUNGER
from tests.sandbox.conftest import DropboxVendor, Vendor

from .conftest import SPECS

ROWS = 4
# On the vendor's documentation pages, though not in its SDK: legacy form submissions, limits, workflows, the inbox.
FLOWS, THREADS = "/automation/v4/flows", "/conversations/v3/conversations/threads"
HUBSPOT_OTHERS = {
    ("GET", "/form-integrations/v1/submissions/forms/{}"),
    ("GET", "/crm/v3/limits/associations/labels"),
    *((method, FLOWS) for method in ("GET", "POST")),
    *((method, FLOWS + "/{}") for method in ("GET", "PUT", "DELETE")),
    ("POST", FLOWS + "/batch/read"),
    ("GET", THREADS),
    *((method, THREADS + "/{}") for method in ("GET", "PATCH", "DELETE")),
    *((method, THREADS + "/{}/messages") for method in ("GET", "POST")),
    ("GET", THREADS + "/{}/messages/{}"),
}
ROUTE = re.compile(r"^route ([\w/]+)(?::(\d))? \(", re.MULTILINE)
STRUCT = re.compile(r"^(?:struct|union|union_closed) (\w+)(?: extends ([\w.]+))?\n((?:    .*\n|\n)*)", re.MULTILINE)
FIELD = re.compile(r"^    (\w+) [\w.(]|^    (\w+)\??(?: |$)", re.MULTILINE)


def spec(*parts: str) -> Path:
    path = SPECS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the vendor's document {'/'.join(parts)} is not here")
    return path


@cache
def stripe_document() -> Any:
    with gzip.open(spec("stripe", "spec3.2023-09-12.yaml.gz")) as file:
        return yaml.load(file, yaml.CSafeLoader)


def with_null(schema: Any) -> Any:
    """Spell `nullable` in JSON Schema's own words, which hold beside anyOf and enum too."""
    if isinstance(schema, list):
        return [with_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: with_null(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [{"enum": [None]}, plain]} if schema.get("nullable") is True else plain


@cache
def components() -> Any:
    return with_null(stripe_document()["components"])


def complaints(path: str, body: Any, method: str = "get") -> list[str]:
    """Return what in an answer differs from the vendor's description of the path."""
    operation = stripe_document()["paths"][path][method]
    described = with_null(operation["responses"]["200"]["content"]["application/json"]["schema"])
    validator = Draft4Validator({**described, "components": components()})
    return [f"{path} {list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(body)]


def test_the_shapes_are_those_of_the_vendors_document() -> None:
    assert json.loads(SHAPES_FILE.read_bytes()) == json.loads(json.dumps(derive(stripe_document()), default=str))


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_stripe_lists_and_objects_are_as_described(stripe: Vendor, resource: Resource) -> None:
    stripe.settings(limit={"requests": 0})
    row = next(iter(stripe.oracle(resource.name).values()))
    args = {resource.needs: json.loads(row)[resource.needs]} if resource.needs else {}
    args["expand[]"] = [f"data.{name}" for name in resource.asked]
    parent = next(iter(stripe.parents(resource.name).values()))

    page = stripe.get("/v1/" + resource.path.replace("{parent}", str(parent)), limit=ROWS, **args).json()

    assert page["data"]
    if resource.object in YOUNGER:
        fixture = json.loads(spec("stripe", "fixtures3.json").read_text())["resources"][resource.object]
        assert [set(row) for row in page["data"]] == [set(fixture)] * len(page["data"])
    else:
        assert complaints("/v1/" + resource.described, page) == []


@pytest.mark.parametrize("name", [name for name in PARTS if name != "subscription_items"])
def test_lists_inside_stripe_records_are_as_described(stripe: Vendor, name: str) -> None:
    collection, _, path = PARTS[name]
    described = next(key for key in stripe_document()["paths"] if re.sub(r"{\w+}", "{id}", key) == f"/v1/{path}")
    key = stripe.get(f"/v1/{BY_NAME[collection].path}", limit=1).json()["data"][0]["id"]

    page = stripe.get("/v1/" + path.replace("{id}", key), limit=ROWS).json()

    assert complaints(described, page) == []


def test_stripe_events_are_as_described(stripe: Vendor) -> None:
    for name in ("customers", "invoices", "subscriptions", "charges", "products"):
        stripe.control(f"{name}/create")
        stripe.control(f"{name}/change")

    assert complaints("/v1/events", stripe.get("/v1/events").json()) == []


def test_what_is_created_at_stripe_is_as_described(stripe: Vendor) -> None:
    customer = stripe.post("/v1/customers", data={"name": "Ann"}).json()
    price = stripe.post(
        "/v1/prices",
        data={"currency": "usd", "unit_amount": "5", "product_data[name]": "P", "recurring[interval]": "month"},
    ).json()
    subscription = stripe.post("/v1/subscriptions", data={"customer": customer["id"], "items[0][price]": price["id"]})
    coupon = stripe.post("/v1/coupons", data={"percent_off": "10"}).json()
    item = {"customer": customer["id"], "amount": "5", "currency": "usd"}
    stripe.post("/v1/invoiceitems", data=item)
    invoice = stripe.post("/v1/invoices", data={"customer": customer["id"]}).json()

    assert complaints("/v1/customers", customer, "post") == []
    assert complaints("/v1/prices", price, "post") == []
    assert complaints("/v1/subscriptions", subscription.json(), "post") == []
    assert complaints("/v1/coupons", coupon, "post") == []
    assert complaints("/v1/invoices", invoice, "post") == []


def test_every_hubspot_route_is_one_of_the_vendors() -> None:
    document = json.loads(spec("hubspot", "endpoints.from-sdk-12.0.0.json").read_text())
    known = {(entry["method"], normal(entry["path"])) for entry in document["endpoints"]}

    assert {(method, normal(path)) for method, path in hubspot_routes.declared} - known - HUBSPOT_OTHERS == set()


def normal(path: str) -> str:
    """Leave the names of parameters out, and let a named object type stand for any."""
    return re.sub(r"{\w+}", "{}", path.replace("/objects/contacts", "/objects/{objectType}")).rstrip("/")


@cache
def stone() -> tuple[set[str], dict[tuple[str, str], tuple[set[str], str]]]:
    """Return the routes and, by namespace and name, the fields of the vendor's Stone files."""
    routes, fields = set(), {}
    for path in spec("dropbox").glob("*.stone"):
        text = path.read_text()
        for name, version in ROUTE.findall(text):
            routes.add(f"{path.stem}/{name}" + (f"_v{version}" if version else ""))
        for name, parent, body in STRUCT.findall(text):
            own = {first or second for first, second in FIELD.findall(body)}
            fields[path.stem, name] = (own, parent)
    return routes, fields


def declared(namespace: str, name: str) -> set[str]:
    own, parent = stone()[1][namespace, name]
    if not parent:
        return own
    other, _, base = parent.rpartition(".")
    return own | declared(other or namespace, base)


def test_every_dropbox_route_is_one_of_the_vendors() -> None:
    mine = {path.removeprefix("/2/") for _, path in dropbox_routes.declared}

    assert mine - stone()[0] == set()


@pytest.mark.parametrize(
    ("namespace", "struct", "pick"),
    [
        ("files", "FileMetadata", lambda box: first(box.listing()[0], "file")),
        ("files", "FolderMetadata", lambda box: first(box.listing()[0], "folder")),
        ("files", "ListFolderResult", lambda box: box.call("files/list_folder", path="").json()),
        ("files", "ListRevisionsResult", lambda box: revisions(box)),
        ("users", "FullAccount", lambda box: box.call("users/get_current_account").json()),
        ("users", "SpaceUsage", lambda box: box.call("users/get_space_usage").json()),
        ("sharing", "SharedFolderMetadata", lambda box: box.call("sharing/list_folders").json()["entries"][0]),
        ("sharing", "ListFoldersResult", lambda box: box.call("sharing/list_folders").json()),
        ("sharing", "FileLinkMetadata", lambda box: box.call("sharing/list_shared_links").json()["links"][0]),
        ("sharing", "UserMembershipInfo", lambda box: member(box)),
        ("file_requests", "FileRequest", lambda box: box.call("file_requests/list_v2").json()["file_requests"][0]),
    ],
)
def test_dropbox_sends_no_field_that_the_vendor_does_not_declare(
    dropbox: DropboxVendor, namespace: str, struct: str, pick: Callable[[DropboxVendor], Any]
) -> None:
    spec("dropbox", "files.stone")

    assert set(pick(dropbox)) - {".tag"} - declared(namespace, struct) == set()


def first(entries: list[dict[str, Any]], tag: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry[".tag"] == tag)


def revisions(box: DropboxVendor) -> Any:
    return box.call("files/list_revisions", path=first(box.listing()[0], "file")["id"]).json()


def member(box: DropboxVendor) -> Any:
    folder = box.call("sharing/list_folders").json()["entries"][0]["shared_folder_id"]
    return box.call("sharing/list_folder_members", shared_folder_id=folder).json()["users"][0]
