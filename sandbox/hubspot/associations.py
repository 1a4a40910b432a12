"""Associations, version 4: batches and single objects."""

from sandbox.clock import rfc3339_millis
from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import API, Call, paged, routes
from sandbox.hubspot.graph import type_id
from sandbox.hubspot.kinds import Kind
from sandbox.hubspot.objects import limited
from sandbox.messages import Response, to_json
from sandbox.spelling import Json

BATCH = "/crm/v4/associations/{fromObjectType}/{toObjectType}"
ONE = "/crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}"
INPUT_LIMIT = 1000
WRITE_LIMIT = 2000
PAGE = 500


def _kinds(call: Call, left: str = "fromObjectType") -> tuple[Kind, Kind]:
    return call.kind(left), call.kind("toObjectType")


@routes.route("POST", BATCH + "/batch/read")
def read_batch(call: Call) -> Response:
    """Read the associations of up to 1,000 objects, up to 500 of each; objects without any make it a 207."""
    kind, other = _kinds(call)
    inputs = limited(call.inputs, INPUT_LIMIT)
    rows = [_row(call, kind, other, str(entry["id"]), str(entry.get("after") or "0")) for entry in inputs]
    found = [row for row in rows if row["to"]]
    lonely = [row["from"]["id"] for row in rows if not row["to"]]
    stamp = rfc3339_millis(call.account.clock.millis())
    body = {"status": "COMPLETE", "results": found, "startedAt": stamp, "completedAt": stamp}
    return _with_errors(body, kind, other, lonely) if lonely else to_json(body)


def _row(call: Call, kind: Kind, other: Kind, key: str, after: str) -> Record:
    ordinal = call.account.find_object(kind, key)
    rows, following = _page(call, kind, other, ordinal, after, PAGE) if ordinal is not None else ([], None)
    link = f"{API}/crm/v4/objects/{kind.name}/{key}/associations/{other.name}?limit={PAGE}&after={following}"
    paging = {"paging": {"next": {"after": following, "link": link}}} if following else {}
    return {"from": {"id": key}, "to": rows, **paging}


def _page(call: Call, kind: Kind, other: Kind, ordinal: int, after: str, limit: int) -> tuple[list[Record], str | None]:
    if not after.isdigit():
        raise errors.invalid(f"Invalid after: {after}")
    graph, ids = call.account.graph, call.account.ids[other.name]
    start = ids.at_or_after(int(after))
    near = [far for far in graph.neighbours(kind.name, other.name, ordinal) if far >= start]
    rows = [graph.row(kind.name, other.name, ordinal, far) for far in near[:limit]]
    return rows, ids.key(near[limit]) if len(near) > limit else None


def _with_errors(body: Record, kind: Kind, other: Kind, lonely: list[str]) -> Response:
    details = [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": f"No {other.singular} is associated with {kind.singular} {key}.",
            "context": {"fromObjectId": [key], "fromObjectType": [kind.type_id], "toObjectType": [other.type_id]},
        }
        for key in lonely
    ]
    return to_json({**body, "numErrors": len(details), "errors": details}, 207)


@routes.route("GET", ONE)
def read_one(call: Call) -> Response:
    kind, other = _kinds(call, "objectType")
    after = call.request.args.get("after", "0")
    rows, following = _page(
        call, kind, other, _object(call, kind, call.params["objectId"]), after, call.limit(PAGE, PAGE)
    )
    return paged(call, rows, following)


@routes.route(
    "PUT",
    ONE + "/{toObjectId}",
    "/crm/v4/objects/{objectType}/{objectId}/associations/default/{toObjectType}/{toObjectId}",
)
def associate(call: Call) -> Response:
    kind, other = _kinds(call, "objectType")
    near, far = _object(call, kind, call.params["objectId"]), _object(call, other, call.params["toObjectId"])
    _add(call, kind, other, near, far, call.request.json)
    types = call.account.graph.types(kind.name, other.name, near, far)
    return to_json({"fromObjectTypeId": kind.type_id, "toObjectTypeId": other.type_id, "labels": types}, 201)


@routes.route("DELETE", ONE + "/{toObjectId}")
def separate(call: Call) -> Response:
    kind, other = _kinds(call, "objectType")
    near, far = _object(call, kind, call.params["objectId"]), _object(call, other, call.params["toObjectId"])
    call.account.graph.remove(kind.name, other.name, near, far)
    return Response(204, content_type="")


@routes.route("POST", BATCH + "/batch/create", BATCH + "/batch/associate/default")
def create_batch(call: Call) -> Response:
    kind, other = _kinds(call)
    rows = []
    for entry in limited(call.inputs, WRITE_LIMIT):
        near, far = _ends(call, kind, other, entry)
        _add(call, kind, other, near, far, entry.get("types"))
        rows.append({"from": entry["from"], "to": entry["to"], "labels": []})
    stamp = rfc3339_millis(call.account.clock.millis())
    return to_json({"status": "COMPLETE", "results": rows, "startedAt": stamp, "completedAt": stamp}, 201)


@routes.route("POST", BATCH + "/batch/archive")
def archive_batch(call: Call) -> Response:
    kind, other = _kinds(call)
    for entry in limited(call.inputs, WRITE_LIMIT):
        targets = entry["to"] if isinstance(entry["to"], list) else [entry["to"]]
        for target in targets:
            call.account.graph.remove(kind.name, other.name, *_ends(call, kind, other, {**entry, "to": target}))
    return Response(204, content_type="")


def _ends(call: Call, kind: Kind, other: Kind, entry: Record) -> tuple[int, int]:
    return _object(call, kind, str(entry["from"]["id"])), _object(call, other, str(entry["to"]["id"]))


def _object(call: Call, kind: Kind, key: str) -> int:
    ordinal = call.account.find_object(kind, key)
    if ordinal is None:
        raise errors.missing(f"{kind.singular} {key} does not exist")
    return ordinal


def _add(call: Call, kind: Kind, other: Kind, near: int, far: int, wished: Json) -> None:
    plain: Record = {"category": "HUBSPOT_DEFINED", "typeId": type_id(kind.name, other.name), "label": None}
    types = [
        {"category": given["associationCategory"], "typeId": given["associationTypeId"], "label": None}
        for given in wished or []
    ]
    call.account.graph.add(kind.name, other.name, near, far, types or [plain])
