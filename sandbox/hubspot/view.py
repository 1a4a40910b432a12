"""How an object is sent: the properties that were asked for, its times, its neighbours."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sandbox.clock import rfc3339_millis
from sandbox.collection import Record
from sandbox.hubspot.kinds import SETTINGS_CREATED, Kind

if TYPE_CHECKING:
    from sandbox.hubspot.account import HubSpotAccount

RELATED_SHOWN = 100


def wanted(kind: Kind, asked: Iterable[str]) -> list[str]:
    """Return the properties to send: those asked for or else the default ones, and always the three system ones."""
    names = [name for name in asked if name] or list(kind.shown)
    return sorted({*names, *kind.always})


def render(
    account: "HubSpotAccount", kind: Kind, ordinal: int, names: Iterable[str], related: Iterable[str] = ()
) -> Record:
    rows = account.objects[kind.name]
    view = object_view(account, kind, rows.key(ordinal), rows.record(ordinal), wanted(kind, names))
    if associations := {other: shown for other in related if (shown := _related(account, kind, ordinal, other))}:
        view["associations"] = associations
    return view


def object_view(account: "HubSpotAccount", kind: Kind, key: str, record: Record, names: list[str]) -> Record:
    created, updated = rfc3339_millis(record["created"]), rfc3339_millis(record["updated"])
    values = record["properties"] | {kind.created: created, kind.modified: updated, "hs_object_id": key}
    known = account.properties[kind.name]
    view: dict[str, Any] = {
        "id": key,
        "properties": {name: values.get(name) for name in names if name in known},
        "createdAt": created,
        "updatedAt": updated,
        "archived": record["archived"] is not None,
    }
    if record["archived"] is not None:
        view["archivedAt"] = rfc3339_millis(record["archived"])
    return view


def _related(account: "HubSpotAccount", kind: Kind, ordinal: int, other: str) -> Record | None:
    target = account.kind(other)
    if target is None:
        return None
    near = account.graph.neighbours(kind.name, target.name, ordinal)
    rows = account.objects[target.name]
    name = f"{kind.singular}_to_{target.singular}"
    results = [{"id": rows.key(far), "type": name} for far in near[:RELATED_SHOWN]]
    if not results:
        return None
    after = {"paging": {"next": {"after": rows.key(near[RELATED_SHOWN])}}} if len(near) > RELATED_SHOWN else {}
    return {"results": results, **after}


def membership(record: str, joined: int) -> Record:
    return {"recordId": record, "membershipTimestamp": rfc3339_millis(joined)}


def schema(account: "HubSpotAccount", kind: Kind) -> Record:
    """Describe a custom object type."""
    return {
        "id": kind.type_id.partition("-")[2],
        "objectTypeId": kind.type_id,
        "name": kind.singular,
        "fullyQualifiedName": f"p{account.id}_{kind.singular}",
        "labels": {"singular": kind.singular.title(), "plural": f"{kind.singular.title()}s"},
        "primaryDisplayProperty": kind.texts[0],
        "secondaryDisplayProperties": [],
        "requiredProperties": [kind.texts[0]],
        "searchableProperties": [kind.texts[0]],
        "properties": list(account.properties[kind.name].values()),
        "associations": [],
        "archived": False,
        "restorable": True,
        "metaType": "PORTAL_SPECIFIC",
        "createdAt": SETTINGS_CREATED,
        "updatedAt": SETTINGS_CREATED,
    }
