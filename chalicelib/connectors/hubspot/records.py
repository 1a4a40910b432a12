"""HubSpot's streams of CRM objects and of how they are associated."""

from collections.abc import Sequence
from datetime import timedelta

from chalicelib.connectors.connector import Children, Deletes, Dynamic, Fetch, Stream
from chalicelib.connectors.hubspot.archived import archived
from chalicelib.connectors.hubspot.associations import BATCH, Associations
from chalicelib.connectors.hubspot.custom import custom_types, pairs
from chalicelib.connectors.hubspot.objects import Objects
from chalicelib.connectors.hubspot.types import CUSTOM, TYPES, Type

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
CUSTOM_PREFIX = "custom_"
CUSTOM_ASSOCIATIONS = "associations_custom_"


def objects(kind: str, of: Type, name: str = "") -> Stream:
    """Declare one object type. What is archived is named by the vendor; what is purged or merged only a sweep finds."""
    reader = Objects(kind, "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate")
    return Stream(
        name or kind,
        full=reader.full,
        changes=reader.changes,
        prepare=reader.prepare,
        deletes=Deletes("listing", WEEK),
        cursor="updatedAt",
        scopes=(of.scope,),
        restorable=not of.cannot,
        not_restorable_because=of.cannot,
    )


def associated(kind: str, other: str, of: Type, *, parent: str = "", name: str = "") -> Stream:
    """Declare the associations from one type to another, read again with each changed object and all within a day."""
    return Stream(
        name or f"{kind}_to_{other}",
        full=Associations(kind, other),
        deletes=Deletes("sweep", DAY),
        key="toObjectId",
        children=Children(parent or kind, batch=BATCH),
        scopes=(of.scope,),
        restorable=True,
    )


def _custom(name: str) -> Stream:
    return objects(name.removeprefix(CUSTOM_PREFIX), CUSTOM, name)


def _custom_associations(name: str) -> Stream:
    kind, _, other = name.removeprefix(CUSTOM_ASSOCIATIONS).partition("_to_")
    return associated(kind, other, CUSTOM, parent=CUSTOM_PREFIX + kind, name=name)


def _custom_pairs(fetch: Fetch) -> Sequence[str]:
    return [f"{CUSTOM_ASSOCIATIONS}{kind}_to_{other}" for kind, other in pairs(custom_types(fetch))]


RECORDS: tuple[Stream, ...] = (
    *(objects(kind, of) for kind, of in TYPES.items()),
    *(associated(kind, other, of) for kind, of in TYPES.items() for other in of.near),
    Stream(
        "archived_objects",
        full=archived,
        deletes=Deletes("sweep"),
        cursor="archivedAt",
        grouped=True,
        restorable=True,
        about="HubSpot keeps archived objects for 90 days.",
    ),
)
OWN_TYPES = (
    Dynamic(CUSTOM_PREFIX, lambda fetch: [CUSTOM_PREFIX + kind for kind in custom_types(fetch)], _custom),
    Dynamic(CUSTOM_ASSOCIATIONS, _custom_pairs, _custom_associations),
)
