"""The routes of api.stripe.com: one set for every collection of the catalogue, and the few that stand alone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.grants import Grant
from sandbox.messages import Request, Response
from sandbox.router import Router
from sandbox.spelling import encode, pretty
from sandbox.stripe import errors, forms, listing, making, views
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.catalog import BY_NAME, PARTS, RESOURCES
from sandbox.stripe.resource import Resource
from sandbox.stripe.shapes import WRITES, blank


@dataclass
class Call:
    request: Request
    params: dict[str, str]
    account: StripeAccount
    grant: Grant


routes: Router[Call] = Router()
View = Callable[[Call], Response]


def sent(resource: Resource, record: dict[str, object]) -> Response:
    return Response(200, pretty(encode(views.shown(resource, record))))


def list_rows(resource: Resource, call: Call) -> Response:
    parent = call.params.get("parent", "")
    if parent:
        _parent(resource, call)
    if resource.needs and resource.needs not in call.request.args:
        message = f"Missing required param: {resource.needs}."
        raise errors.invalid(message, param=resource.needs, code="parameter_missing")
    return listing.of_collection(call.account, resource, call.request.args, parent)


def read_one(resource: Resource, call: Call) -> Response:
    rows = call.account.collections[resource.name]
    key = call.params["id"]
    ordinal = rows.locate(key)
    if ordinal is None:
        raise errors.missing(resource.object, key)
    if ordinal in rows.deleted:
        if not resource.remembered:
            raise errors.missing(resource.object, key)
        return _gone(resource, key)
    return sent(resource, rows.record(ordinal))


def create(resource: Resource, call: Call) -> Response:
    account = call.account
    given = forms.parameters(_template(resource, "create"), call.request.form_pairs)
    if resource.parent:
        given[resource.parent_field] = _parent(resource, call)
    key = str(given.pop("id", "") or "") if resource.own_ids else ""
    if key and account.collections[resource.name].locate(key) is not None:
        message = f"{resource.object.title()} already exists."
        raise errors.invalid(message, param="id", code="resource_already_exists")
    made = making.values_for(resource.name, account, given)
    kept = forms.merged(blank(resource.object) | made, given)
    return sent(resource, account.add(resource, _completed(made, kept), key))


def _completed(made: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Lay the parameters over what was made of them; whole objects, such as a list of items, stay as made."""
    whole = {name: value for name, value in made.items() if isinstance(value, dict) and "object" in value}
    inner = {name: made[name] | value for name, value in given.items() if _is_plain(value) and made.get(name)}
    return made | given | inner | whole


def _is_plain(value: object) -> bool:
    return isinstance(value, dict) and "object" not in value


def change(resource: Resource, call: Call) -> Response:
    ordinal = _find(resource, call)
    record = call.account.collections[resource.name].record(ordinal)
    given = forms.parameters(_template(resource, "change"), call.request.form_pairs)
    values = {name: value for name, value in forms.merged(record, given).items() if not _is_list(record.get(name))}
    return sent(resource, call.account.change_one(resource, ordinal, values))


def delete(resource: Resource, call: Call) -> Response:
    key = call.account.remove(resource, _find(resource, call))
    return _gone(resource, key)


def list_part(name: str, call: Call) -> Response:
    collection, member, path = PARTS[name]
    record = call.account.collections[collection].record(_find(BY_NAME[collection], call))
    return listing.of_part(record, member, call.request.args, "/v1/" + path.replace("{id}", call.params["id"]))


@routes.route("GET", "/v1/subscription_items")
def list_subscription_items(call: Call) -> Response:
    key = call.request.args.get("subscription", "")
    if not key:
        raise errors.invalid("Missing required param: subscription.", param="subscription", code="parameter_missing")
    call.params["id"] = key
    return list_part("subscription_items", call)


@routes.route("DELETE", "/v1/subscriptions/{id}")
def cancel_subscription(call: Call) -> Response:
    resource = BY_NAME["subscriptions"]
    record = call.account.cancel(_find(resource, call))
    return sent(resource, record)


@routes.route("GET", "/v1/charges/{id}/refunds")
def list_refunds_of_charge(call: Call) -> Response:
    key = call.params["id"]
    _find(BY_NAME["charges"], call)
    response = listing.of_collection(call.account, BY_NAME["refunds"], {**call.request.args, "charge": key})
    assert isinstance(response.body, bytes)  # noqa: S101
    response.body = response.body.replace(b'"/v1/refunds"', encode(f"/v1/charges/{key}/refunds"))
    return response


@routes.route("GET", "/v1/payment_methods")
def list_payment_methods(call: Call) -> Response:
    call.params["parent"] = call.request.args.get("customer", "")
    if call.params["parent"]:
        return list_rows(BY_NAME["payment_methods"], call)
    return listing.of_collection(call.account, BY_NAME["payment_methods"], call.request.args)


@routes.route("GET", "/v1/payment_methods/{id}")
def read_payment_method(call: Call) -> Response:
    return read_one(BY_NAME["payment_methods"], call)


@routes.route("GET", "/v1/events")
def list_events(call: Call) -> Response:
    return listing.of_events(call.account, call.request.pairs)


@routes.route("GET", "/v1/events/{id}")
def read_event(call: Call) -> Response:
    ordinal = call.account.events.find(call.params["id"])
    if ordinal is None:
        raise errors.missing("event", call.params["id"])
    return Response(200, pretty(call.account.events.at(ordinal).body))


def _find(resource: Resource, call: Call) -> int:
    ordinal = call.account.collections[resource.name].find(call.params["id"])
    if ordinal is None:
        raise errors.missing(resource.object, call.params["id"])
    return ordinal


def _parent(resource: Resource, call: Call) -> str:
    key = call.params["parent"]
    if call.account.collections[resource.parent].find(key) is None:
        raise errors.missing(resource.parent_field, key, resource.parent_field)
    return key


def _gone(resource: Resource, key: str) -> Response:
    return Response(200, pretty(encode({"id": key, "object": resource.object, "deleted": True})))


def _is_list(value: object) -> bool:
    return isinstance(value, dict) and value.get("object") == "list"


def _template(resource: Resource, action: str) -> str:
    """Return the path under which the vendor's document describes a write."""
    return TEMPLATES[resource.name, action]


def _templates() -> dict[tuple[str, str], str]:
    found = {}
    for resource in RESOURCES:
        path = resource.described
        if path in WRITES:
            found[resource.name, "create"] = path
        for template in WRITES:
            if template.startswith(path + "/{") and template.count("/") == path.count("/") + 1:
                found[resource.name, "change"] = template
    return found


TEMPLATES = _templates()


def _register() -> None:
    for resource in RESOURCES:
        path, item = f"/v1/{resource.path}", f"/v1/{resource.item_path}"
        routes.add("GET", path, partial(list_rows, resource))
        routes.add("GET", item, partial(read_one, resource))
        if resource.creatable:
            routes.add("POST", path, partial(create, resource))
        if resource.changeable:
            routes.add("POST", item, partial(change, resource))
        if resource.deletable:
            routes.add("DELETE", item, partial(delete, resource))
    for name, (_, _, path) in PARTS.items():
        if "{id}" in path:
            routes.add("GET", f"/v1/{path}", partial(list_part, name))


_register()
