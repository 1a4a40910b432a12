"""HubSpot's streams of what surrounds the objects: properties, schemas, pipelines, labels, owners, lists."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Children, Deletes, Fetch, Page, Position, Reader, Reading, Request, Stream
from chalicelib.connectors.grouped import Grouped
from chalicelib.connectors.hubspot import definitions, labels
from chalicelib.connectors.hubspot.archived import all_types
from chalicelib.connectors.hubspot.batches import lacking, singly
from chalicelib.connectors.hubspot.custom import by_type, types_or_unknown
from chalicelib.connectors.hubspot.pages import per_parent, unpaged
from chalicelib.connectors.hubspot.withdrawn import both
from chalicelib.connectors.numbered import Offset
from chalicelib.connectors.paging import answered, decoded

WITH_PIPELINES = ("deals", "tickets", "leads", "orders")
LISTS = "/crm/v3/lists"
FOUND = 500
WEEK = timedelta(days=7)


class _ListId(msgspec.Struct, rename={"id": "listId"}):
    id: str


class _FoundLists(msgspec.Struct, rename={"rows": "lists"}):
    rows: list[Raw]
    total: int


class _Lists(msgspec.Struct):
    lists: list[Raw]


class _List(msgspec.Struct):
    list: Raw


def _list_id(record: Raw) -> str:
    return decoded(bytes(record), _ListId).id


def _every_list(_reading: Reading) -> Request:
    return Request(f"{LISTS}/search", "POST", body={"count": FOUND, "query": ""}, limit="search")


_FOUND = Offset(_every_list, _FoundLists, id_of=_list_id, in_body=True)


def lists(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
    """Search all lists for their ids, then read them with the filters that define them."""
    found = _FOUND(fetch, reading, position)
    if not found.records:
        return found
    ids, filters = [_list_id(row) for row in found.records], {"includeFilters": "true"}
    whole, _ = answered(fetch, Request(LISTS, params={"listIds": ids, **filters}), _Lists)
    left = lacking(ids, whole.lists, _list_id)
    rest = singly(fetch, left, lambda each: Request(f"{LISTS}/{each}", params=filters), _List)
    return replace(found, records=[*whole.lists, *(one.list for one in rest)])


def _piped(fetch: Fetch) -> Sequence[str]:
    return [*WITH_PIPELINES, *types_or_unknown(fetch)]


def setting(name: str, reader: Reader, *, key: str = "id", scopes: tuple[str, ...] = (), cannot: str = "") -> Stream:
    """Declare a small collection, listed in full every time."""
    return Stream(
        name,
        full=reader,
        deletes=Deletes("sweep"),
        key=key,
        grouped=isinstance(reader, Grouped),
        scopes=scopes,
        restorable=not cannot,
        not_restorable_because=cannot,
    )


def watched(name: str, full: Reader, changes: Reader, *, key: str, about: str) -> Stream:
    """Declare a collection of groups that is listed again where it may differ, and once a week."""
    return Stream(
        name,
        full=full,
        changes=changes,
        deletes=Deletes("sweep", WEEK),
        key=key,
        grouped=True,
        restorable=True,
        about=about,
    )


SETTINGS: tuple[Stream, ...] = (
    watched(
        "properties",
        definitions.every,
        definitions.changed,
        key="name",
        about="Where the properties in use are the same ones, the archived ones are not listed again for a week.",
    ),
    setting(
        "property_groups", by_type(all_types, lambda kind: unpaged(f"/crm/v3/properties/{kind}/groups")), key="name"
    ),
    setting(
        "schemas",
        both("/crm-object-schemas/v3/schemas", limit=None),
        key="objectTypeId",
        scopes=("crm.schemas.custom.read",),
    ),
    setting("pipelines", by_type(_piped, lambda kind: unpaged(f"/crm/v3/pipelines/{kind}"))),
    watched(
        "association_labels",
        labels.every,
        labels.changed,
        key="typeId",
        about="Where an account's own labels and types are as they were, the labels are not listed again for a week.",
    ),
    setting(
        "owners",
        both("/crm/v3/owners", limit=500),
        scopes=("crm.objects.owners.read",),
        cannot="owners are HubSpot users, who join by invitation",
    ),
    setting("lists", lists, key="listId", scopes=("crm.lists.read",)),
    Stream(
        "list_memberships",
        full=per_parent("/crm/v3/lists/{parent}/memberships", limit=250),
        deletes=Deletes("sweep"),
        key="recordId",
        children=Children("lists", when="always"),
        scopes=("crm.lists.read",),
        restorable=True,
    ),
)
