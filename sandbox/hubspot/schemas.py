"""Custom object types: what the portal's owner defined, and new ones."""

from sandbox.clock import rfc3339_millis
from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import Call, routes
from sandbox.hubspot.kinds import Kind, property_entry
from sandbox.hubspot.view import schema
from sandbox.messages import Response, to_json

SCHEMAS = "/crm-object-schemas/v3/schemas"
READ, WRITE = "crm.schemas.custom.read", "crm.schemas.custom.write"
OBJECTS_SCOPE = "crm.objects.custom.read"


@routes.route("GET", SCHEMAS)
def list_schemas(call: Call) -> Response:
    call.needs(READ)
    kinds = [] if call.flag("archived") else call.account.custom_kinds()
    return to_json({"results": [schema(call.account, kind) for kind in kinds]})


@routes.route("GET", SCHEMAS + "/{objectType}")
def read_schema(call: Call) -> Response:
    call.needs(READ)
    return to_json(schema(call.account, _custom(call)))


@routes.route("POST", SCHEMAS)
def create_schema(call: Call) -> Response:
    """Define an object type; from then on it has objects like any other."""
    call.needs(WRITE)
    body = call.body
    if call.account.kind(str(body["name"])) is not None:
        raise errors.conflict(f"An object type named {body['name']} exists already.")
    kind = _kind(call, body)
    stamp = rfc3339_millis(call.account.clock.millis())
    call.account.add_kind(kind, {entry["name"]: property_entry(entry, stamp) for entry in body["properties"]})
    return to_json(schema(call.account, kind), 201)


@routes.route("DELETE", SCHEMAS + "/{objectType}")
def delete_schema(call: Call) -> Response:
    """Take a type away, once it has no objects any more."""
    call.needs(WRITE)
    kind = _custom(call)
    if call.account.counts()[kind.name]:
        raise errors.invalid(f"There are still objects of type {kind.singular}.")
    call.account.remove_kind(kind)
    return Response(204, content_type="")


def _kind(call: Call, body: Record) -> Kind:
    names = tuple(entry["name"] for entry in body["properties"])
    type_id = f"2-{3_500_000 + len(call.account.kinds)}"
    return Kind(type_id, type_id, str(body["name"]), OBJECTS_SCOPE, 0, names, (body["primaryDisplayProperty"],))


def _custom(call: Call) -> Kind:
    kind = call.account.kind(call.params["objectType"])
    if kind is None or not kind.type_id.startswith("2-"):
        raise errors.missing(f"Unable to find object type {call.params['objectType']}")
    return kind
