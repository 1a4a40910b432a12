"""/crm/v3/objects/{type}: lists, single objects, writes, batches."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sandbox.clock import rfc3339_millis
from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import Call, paged, routes
from sandbox.hubspot.kinds import Kind
from sandbox.hubspot.view import render
from sandbox.messages import Response, to_json

OBJECTS = "/crm/v3/objects/{objectType}"
LIST_LIMIT = 100
HISTORY_LIMIT = 50
BATCH_LIMIT = 100


@routes.route("GET", OBJECTS)
def list_objects(call: Call) -> Response:
    kind, history = call.kind(), call.names("propertiesWithHistory")
    limit = call.limit(HISTORY_LIMIT if history else LIST_LIMIT, 10)
    found = list(islice(_from(call, kind, call.request.args.get("after", "0")), limit + 1))
    names, related = call.names("properties"), call.names("associations")
    rows = [with_history(call, kind, n, render(call.account, kind, n, names, related), history) for n in found[:limit]]
    after = call.account.objects[kind.name].key(found[limit]) if len(found) > limit else None
    return paged(call, rows, after)


def _from(call: Call, kind: Kind, after: str) -> Iterator[int]:
    """Yield the objects from an id on, archived or not as asked."""
    if not after.isdigit():
        raise errors.invalid(f"Invalid after: {after}")
    account, rows, archived = call.account, call.account.objects[kind.name], call.flag("archived")
    start = account.ids[kind.name].at_or_after(int(after))
    ordinals = rows.live(range(start, rows.end))
    return (ordinal for ordinal in ordinals if account.is_archived(kind.name, ordinal) == archived)


def with_history(call: Call, kind: Kind, ordinal: int, view: Record, names: list[str]) -> Record:
    if not names:
        return view
    record = call.account.objects[kind.name].record(ordinal)
    stamp = rfc3339_millis(record["updated"])
    view["propertiesWithHistory"] = {
        name: [{"value": record["properties"].get(name), "timestamp": stamp, "sourceType": "CRM_UI"}] for name in names
    }
    return view


@routes.route("POST", OBJECTS)
def create_object(call: Call) -> Response:
    kind = call.kind()
    return to_json(_created(call, kind, call.body), 201)


@routes.route("GET", OBJECTS + "/{objectId}")
def read_object(call: Call) -> Response:
    kind, history = call.kind(), call.names("propertiesWithHistory")
    ordinal = _find(call, kind, call.params["objectId"], call.request.args.get("idProperty", ""), call.flag("archived"))
    view = render(call.account, kind, ordinal, call.names("properties"), call.names("associations"))
    return to_json(with_history(call, kind, ordinal, view, history))


@routes.route("PATCH", OBJECTS + "/{objectId}")
def change_object(call: Call) -> Response:
    kind = call.kind()
    ordinal = _find(call, kind, call.params["objectId"], call.request.args.get("idProperty", ""))
    call.account.change_object(kind, ordinal, checked(call, kind, call.body))
    return to_json(render(call.account, kind, ordinal, call.account.property_names(kind)))


@routes.route("DELETE", OBJECTS + "/{objectId}")
def archive_object(call: Call) -> Response:
    """Put an object into the recycle bin; doing it again changes nothing."""
    kind = call.kind()
    ordinal = call.account.find_object(kind, call.params["objectId"])
    if ordinal is not None:
        call.account.archive_object(kind, ordinal)
    return Response(204, content_type="")


@routes.route("POST", "/crm/v3/objects/contacts/gdpr-delete", OBJECTS + "/gdpr-delete")
def purge_object(call: Call) -> Response:
    """Delete a contact for good, in the recycle bin or not."""
    call.params.setdefault("objectType", "contacts")
    kind, body = call.kind(), call.body
    ordinal = _find_either(call, kind, str(body.get("objectId", "")), str(body.get("idProperty", "")))
    call.account.purge_object(kind, ordinal)
    return Response(204, content_type="")


@routes.route("POST", OBJECTS + "/merge")
def merge_objects(call: Call) -> Response:
    """Fold one object into another: the merged one is archived, the other names it."""
    kind, body = call.kind(), call.body
    kept = _find(call, kind, str(body.get("primaryObjectId", "")))
    merged = _find(call, kind, str(body.get("objectIdToMerge", "")))
    call.account.change_object(kind, kept, {"hs_merged_object_ids": str(body["objectIdToMerge"])})
    call.account.purge_object(kind, merged)
    return to_json(render(call.account, kind, kept, ()))


@routes.route("POST", OBJECTS + "/batch/read")
def read_batch(call: Call) -> Response:
    kind, body = call.kind(), call.body
    names, by, archived = body.get("properties", []), body.get("idProperty", ""), call.flag("archived")
    keys = [str(entry["id"]) for entry in limited(call.inputs)]
    found = [(key, _look_up(call, kind, key, by, archived)) for key in keys]
    rows = [render(call.account, kind, ordinal, names) for _, ordinal in found if ordinal is not None]
    return batch(call, rows, [key for key, ordinal in found if ordinal is None])


@routes.route("POST", OBJECTS + "/batch/create")
def create_batch(call: Call) -> Response:
    kind = call.kind()
    return batch(call, [_created(call, kind, entry) for entry in limited(call.inputs)], [], 201)


@routes.route("POST", OBJECTS + "/batch/update")
def update_batch(call: Call) -> Response:
    kind, rows, absent = call.kind(), [], []
    for entry in limited(call.inputs):
        ordinal = _look_up(call, kind, str(entry["id"]), entry.get("idProperty", ""), False)
        if ordinal is None:
            absent.append(str(entry["id"]))
        else:
            call.account.change_object(kind, ordinal, checked(call, kind, entry))
            rows.append(render(call.account, kind, ordinal, call.account.property_names(kind)))
    return batch(call, rows, absent)


@routes.route("POST", OBJECTS + "/batch/upsert")
def upsert_batch(call: Call) -> Response:
    """Change the objects that have the given value of a unique property, create the others."""
    kind, rows = call.kind(), []
    for entry in limited(call.inputs):
        by, key = entry.get("idProperty", "hs_object_id"), str(entry["id"])
        ordinal = _look_up(call, kind, key, by, False)
        if ordinal is None:
            rows.append(_created(call, kind, {"properties": {**entry["properties"], by: key}}) | {"new": True})
        else:
            call.account.change_object(kind, ordinal, checked(call, kind, entry))
            rows.append(render(call.account, kind, ordinal, call.account.property_names(kind)) | {"new": False})
    return batch(call, rows, [])


@routes.route("POST", OBJECTS + "/batch/archive")
def archive_batch(call: Call) -> Response:
    kind = call.kind()
    for entry in limited(call.inputs):
        ordinal = call.account.find_object(kind, str(entry["id"]))
        if ordinal is not None:
            call.account.archive_object(kind, ordinal)
    return Response(204, content_type="")


def batch(call: Call, rows: list[Record], absent: list[str], status: int = 200) -> Response:
    """Answer a batch; objects that were not found make it a 207."""
    stamp = rfc3339_millis(call.account.clock.millis())
    body: dict[str, Any] = {"status": "COMPLETE", "results": rows, "startedAt": stamp, "completedAt": stamp}
    if not absent:
        return to_json(body, status)
    detail = {
        "status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some objects, they may be deleted",
        "context": {"ids": absent},
    }  # fmt: skip
    return to_json({**body, "numErrors": 1, "errors": [detail]}, 207)


def limited(inputs: list[dict[str, Any]], most: int = BATCH_LIMIT) -> list[dict[str, Any]]:
    if len(inputs) > most:
        raise errors.invalid(f"A batch can have at most {most} inputs, this one has {len(inputs)}")
    return inputs


def checked(call: Call, kind: Kind, entry: Record) -> Record:
    """Return the properties to write, as texts. Refuses unknown and read-only ones."""
    given = entry.get("properties")
    if not isinstance(given, dict):
        raise errors.invalid("Invalid input JSON: properties is required")
    for name in given:
        if name not in call.account.properties[kind.name]:
            raise errors.invalid(f'Property values were not valid: Property "{name}" does not exist')
        if name in kind.always:
            raise errors.invalid(f'Property values were not valid: "{name}" is a read only property')
    return {name: _text(value) for name, value in given.items()}


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value in (None, "") else str(value)


def _created(call: Call, kind: Kind, entry: Record) -> Record:
    properties = checked(call, kind, entry)
    email = properties.get("email")
    if kind.name == "contacts" and email and _by_value(call, kind, "email", email) is not None:
        raise errors.conflict("Contact already exists.")
    ordinal = call.account.add_object(kind, properties)
    _associate(call, kind, ordinal, entry.get("associations", []))
    return render(call.account, kind, ordinal, call.account.property_names(kind))


def _associate(call: Call, kind: Kind, ordinal: int, wished: list[Record]) -> None:
    for entry in wished:
        for other in call.account.kinds.values():
            far = call.account.find_object(other, str(entry["to"]["id"]))
            if far is not None:
                types = [
                    {"category": given["associationCategory"], "typeId": given["associationTypeId"], "label": None}
                    for given in entry["types"]
                ]
                call.account.graph.add(kind.name, other.name, ordinal, far, types)
                break


def _find(call: Call, kind: Kind, key: str, by: str = "", archived: bool = False) -> int:
    ordinal = _look_up(call, kind, key, by, archived)
    if ordinal is None:
        raise errors.missing(f"Object not found. objectId are usually numeric: {key}")
    return ordinal


def _find_either(call: Call, kind: Kind, key: str, by: str) -> int:
    ordinal = _look_up(call, kind, key, by, False)
    return _find(call, kind, key, by, True) if ordinal is None else ordinal


def _look_up(call: Call, kind: Kind, key: str, by: str, archived: bool) -> int | None:
    if by and by != "hs_object_id":
        return _by_value(call, kind, by, key, archived)
    return call.account.find_object(kind, key, archived)


def _by_value(call: Call, kind: Kind, name: str, value: str, archived: bool = False) -> int | None:
    rows = call.account.objects[kind.name]
    for ordinal in rows.live(_candidates(rows.base, rows.touched(), value)):
        matches = rows.record(ordinal)["properties"].get(name) == value
        if matches and call.account.is_archived(kind.name, ordinal) == archived:
            return ordinal
    return None


def _candidates(base: int, touched: list[int], value: str) -> Iterator[int]:
    """Guess the seeded object from the number in its value, so that looking up needs no walk over a million."""
    digits = "".join(filter(str.isdigit, value.partition("@")[0]))
    if digits and int(digits) < base:
        yield int(digits)
    yield from touched
