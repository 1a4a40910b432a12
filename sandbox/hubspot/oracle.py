"""What every collection of a portal holds, as its endpoints would send it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sandbox.hubspot.drawers import known_labels
from sandbox.hubspot.kinds import Kind
from sandbox.hubspot.view import membership, render, schema
from sandbox.spelling import encode
from sandbox.vendor import Line, UnknownError

if TYPE_CHECKING:
    from sandbox.hubspot.account import HubSpotAccount


def lines(account: "HubSpotAccount", collection: str, args: dict[str, str]) -> Iterator[Line]:
    if collection in account.kinds:
        return _objects(account, account.kinds[collection], args)
    archived = {"true": True, "false": False}.get(args.get("archived", ""))
    if collection in account.shelves:
        return account.cabinet.lines(collection, archived)
    if collection == "association_labels":
        return known_labels(account).lines(archived)
    if collection in account.drawers:
        return account.drawers[collection].lines(archived)
    if collection in SETTINGS:
        return SETTINGS[collection](account)
    kind, _, other = collection.partition("_to_")
    if kind not in account.kinds or other not in account.kinds:
        raise UnknownError(f"no collection {collection}")
    return account.graph.lines(kind, other)


def _objects(account: "HubSpotAccount", kind: Kind, args: dict[str, str]) -> Iterator[Line]:
    names = args["properties"].split(",") if "properties" in args else account.property_names(kind)
    related = [name for name in args.get("associations", "").split(",") if name]
    for ordinal in account.alive(kind.name, args.get("archived") == "true"):
        view = render(account, kind, ordinal, names, related)
        yield Line(view["id"], encode(view))


def _schemas(account: "HubSpotAccount") -> Iterator[Line]:
    return (Line(kind.type_id, encode(schema(account, kind))) for kind in account.custom_kinds())


def _memberships(account: "HubSpotAccount") -> Iterator[Line]:
    for key in account.keys("lists", 0, len(account.shelves["lists"])):
        for record, joined in account.members_of(key).items():
            yield Line(f"{key}:{record}", encode(membership(record, joined)), key)


SETTINGS = {
    "schemas": _schemas,
    "list_memberships": _memberships,
}
