"""The groups that properties are shown in."""

from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import Call, routes
from sandbox.hubspot.drawer import Drawer
from sandbox.messages import Response, to_json

GROUPS = "/crm/v3/properties/{objectType}/groups"
ONE = GROUPS + "/{groupName}"


@routes.route("GET", GROUPS)
def list_groups(call: Call) -> Response:
    return to_json({"results": list(_drawer(call).of(call.kind().name).values())})


@routes.route("POST", GROUPS)
def create_group(call: Call) -> Response:
    kind, body, drawer = call.kind(), call.body, _drawer(call)
    if body["name"] in drawer.of(kind.name):
        raise errors.conflict(f"A property group named '{body['name']}' already exists.")
    return to_json(drawer.add(kind.name, {"displayOrder": -1, **body}), 201)


@routes.route("GET", ONE)
def read_group(call: Call) -> Response:
    return to_json(_group(call))


@routes.route("PATCH", ONE)
def change_group(call: Call) -> Response:
    group = _group(call)
    group.update({name: call.body[name] for name in ("label", "displayOrder") if name in call.body})
    return to_json(group)


@routes.route("DELETE", ONE)
def archive_group(call: Call) -> Response:
    _drawer(call).take(call.kind().name, _group(call)["name"])
    return Response(204, content_type="")


def _drawer(call: Call) -> Drawer:
    return call.account.drawers["property_groups"]


def _group(call: Call) -> Record:
    group = _drawer(call).of(call.kind().name).get(call.params["groupName"])
    if group is None:
        raise errors.missing(f"Property group {call.params['groupName']} does not exist.")
    return group
