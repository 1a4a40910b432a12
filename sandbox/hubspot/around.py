"""What surrounds the objects: properties, pipelines, owners."""

from itertools import islice

from sandbox.clock import rfc3339_millis
from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import Call, paged, routes
from sandbox.hubspot.kinds import SENSITIVITIES, property_entry
from sandbox.messages import Response, to_json

PROPERTIES = "/crm/v3/properties/{objectType}"
PIPELINES = "/crm/v3/pipelines/{objectType}"
OWNERS = "/crm/v3/owners"
OWNER_LIMIT = 500


@routes.route("GET", PROPERTIES)
def list_properties(call: Call) -> Response:
    """List the properties of one sensitivity; unasked, those whose values are not sensitive."""
    archived, how, kind = call.flag("archived"), call.request.args.get("dataSensitivity", "non_sensitive"), call.kind()
    if how in SENSITIVITIES and kind.sensitive_scope(how):
        call.needs(kind.sensitive_scope(how))
    entries = call.account.properties[kind.name].values()
    wanted = [row for row in entries if row["archived"] == archived and row["dataSensitivity"] == how]
    return to_json({"results": wanted})


@routes.route("POST", PROPERTIES)
def create_property(call: Call) -> Response:
    kind, body = call.kind(), call.body
    if body["name"] in call.account.properties[kind.name]:
        raise errors.conflict(f"A property named '{body['name']}' already exists.")
    stamp = rfc3339_millis(call.account.clock.millis())
    call.account.properties[kind.name][body["name"]] = property_entry(body, stamp)
    return to_json(call.account.properties[kind.name][body["name"]], 201)


@routes.route("GET", PROPERTIES + "/{propertyName}")
def read_property(call: Call) -> Response:
    return to_json(_property(call))


@routes.route("PATCH", PROPERTIES + "/{propertyName}")
def change_property(call: Call) -> Response:
    entry = _property(call)
    entry.update(call.body, updatedAt=rfc3339_millis(call.account.clock.millis()))
    return to_json(entry)


@routes.route("DELETE", PROPERTIES + "/{propertyName}")
def archive_property(call: Call) -> Response:
    entry = _property(call)
    call.account.drawers["properties"].take(call.kind().name, entry["name"])
    return Response(204, content_type="")


def _property(call: Call) -> Record:
    entry = call.account.properties[call.kind().name].get(call.params["propertyName"])
    if entry is None:
        raise errors.missing(f"Property {call.params['propertyName']} does not exist.")
    return entry


@routes.route("GET", PIPELINES)
def list_pipelines(call: Call) -> Response:
    return to_json({"results": list(_pipelines(call).values())})


@routes.route("POST", PIPELINES)
def create_pipeline(call: Call) -> Response:
    kind, body, stamps = call.kind(), call.body, _stamps(call)
    stages = [
        {"id": str(1000 + at), "metadata": {}, **stage, **stamps, "archived": False}
        for at, stage in enumerate(body.get("stages", []))
    ]
    return to_json(call.account.drawers["pipelines"].add(kind.name, {**body, "stages": stages}), 201)


@routes.route("GET", PIPELINES + "/{pipelineId}")
def read_pipeline(call: Call) -> Response:
    return to_json(_pipeline(call))


@routes.route("PATCH", PIPELINES + "/{pipelineId}")
def change_pipeline(call: Call) -> Response:
    row = _pipeline(call)
    row.update(call.body, updatedAt=_stamps(call)["updatedAt"])
    return to_json(row)


@routes.route("DELETE", PIPELINES + "/{pipelineId}")
def delete_pipeline(call: Call) -> Response:
    call.account.drawers["pipelines"].take(call.kind().name, _pipeline(call)["id"])
    return Response(204, content_type="")


@routes.route("GET", PIPELINES + "/{pipelineId}/stages")
def list_stages(call: Call) -> Response:
    return to_json({"results": _pipeline(call)["stages"]})


def _pipelines(call: Call) -> dict[str, Record]:
    return call.account.drawers["pipelines"].of(call.kind().name)


def _pipeline(call: Call) -> Record:
    row = _pipelines(call).get(call.params["pipelineId"])
    if row is None:
        raise errors.missing(f"Pipeline {call.params['pipelineId']} does not exist.")
    return row


def _stamps(call: Call) -> dict[str, str]:
    stamp = rfc3339_millis(call.account.clock.millis())
    return {"createdAt": stamp, "updatedAt": stamp}


@routes.route("GET", OWNERS)
def list_owners(call: Call) -> Response:
    call.needs("crm.objects.owners.read")
    limit, archived, email = call.limit(OWNER_LIMIT, 100), call.flag("archived"), call.request.args.get("email")
    rows = call.account.shelves["owners"]
    start = rows.locate(call.request.args["after"]) if "after" in call.request.args else 0
    records = ((n, rows.record(n)) for n in rows.live(range(start or 0, rows.end)))
    wanted = ((n, row) for n, row in records if row["archived"] == archived and email in (None, row["email"]))
    found = list(islice(wanted, limit + 1))
    return paged(call, [row for _, row in found[:limit]], rows.key(found[limit][0]) if len(found) > limit else None)


@routes.route("GET", OWNERS + "/{ownerId}")
def read_owner(call: Call) -> Response:
    call.needs("crm.objects.owners.read")
    rows = call.account.shelves["owners"]
    ordinal = rows.find(call.params["ownerId"])
    if ordinal is None:
        raise errors.missing(f"Owner {call.params['ownerId']} does not exist")
    return to_json(rows.record(ordinal))
