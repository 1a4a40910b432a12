"""`expand[]`: puts the objects themselves where an answer has their ids, and lists where it leaves them out."""

from typing import Any

from sandbox.collection import Record
from sandbox.messages import Response
from sandbox.spelling import Json, encode, keep_spelling, pretty
from sandbox.stripe import errors, views
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.catalog import BY_NAME, RESOURCES
from sandbox.stripe.resource import Resource

Held = tuple[Resource, Record]
DEPTH = 4
BY_PREFIX = {resource.prefix: resource for resource in RESOURCES}
BY_OBJECT = {resource.object: resource for resource in RESOURCES}


def wished(pairs: list[tuple[str, str]]) -> list[list[str]]:
    """Return the paths to expand, split at their dots. Refuses too deep ones."""
    paths = [value.split(".") for name, value in pairs if name == "expand" or name.startswith("expand[")]
    for path in paths:
        if len(path) > DEPTH + (path[0] == "data"):
            raise errors.invalid(f"You cannot expand more than {DEPTH} levels of a property.", param="expand")
    return paths


def expanded(account: StripeAccount, response: Response, paths: list[list[str]]) -> Response:
    if not isinstance(response.body, bytes):
        return response
    body = keep_spelling(response.body)
    for path in paths:
        _expand(account, body, path)
    response.body = pretty(encode(body))
    return response


def _expand(account: StripeAccount, value: Json, path: list[str]) -> None:
    if not path or not isinstance(value, dict):
        return
    head, rest = path[0], path[1:]
    if head == "data" and isinstance(value.get("data"), list):
        for row in value["data"]:
            _expand(account, row, rest)
        return
    held = _held(account, value)
    if held and ".".join(path) in held[0].asked:
        views.show(value, held[1], ".".join(path))
    elif "deleted" not in value:
        _replace(account, value, head, held)
        _expand(account, value.get(head), rest)


def _replace(account: StripeAccount, value: Record, name: str, held: Held | None) -> None:
    """Put an object, or a list that was left out, into its place."""
    if held and name in held[0].hidden:
        value[name] = views.cut(held[1][name])
    elif target := _find(account, value.get(name), name):
        value[name] = views.shown(*target)
    elif name not in value:
        raise errors.invalid(f"This property cannot be expanded ({name}).", param="expand")


def _held(account: StripeAccount, value: Record) -> Held | None:
    """Find what the account holds of an object that is shown."""
    return _of(account, BY_OBJECT.get(value.get("object", "")), value.get("id"))


def _find(account: StripeAccount, key: Any, name: str) -> Held | None:  # noqa: ANN401
    """Find an object by its id; where the id does not tell, by the name of the field that holds it."""
    if not isinstance(key, str):
        return None
    return _of(account, BY_PREFIX.get(key.rpartition("_")[0]) or BY_NAME.get(f"{name}s"), key)


def _of(account: StripeAccount, resource: Resource | None, key: Any) -> Held | None:  # noqa: ANN401
    if not isinstance(key, str):
        return None
    ordinal = account.collections[resource.name].find(key) if resource else None
    if resource is None or ordinal is None:
        return None
    return resource, account.collections[resource.name].record(ordinal)
