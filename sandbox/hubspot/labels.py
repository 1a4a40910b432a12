"""The types that an association of two object types can have, and the owner's own labels among them."""

from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import Call, routes
from sandbox.hubspot.drawers import known_labels as known
from sandbox.messages import Response, to_json

LABELS = "/crm/v4/associations/{fromObjectType}/{toObjectType}/labels"


@routes.route("GET", LABELS)
def read_labels(call: Call) -> Response:
    return to_json({"results": list(_labels(call).values())})


@routes.route("POST", LABELS)
def create_label(call: Call) -> Response:
    """Make a label, with its inverse for the other direction."""
    pair, body = _pair(call), call.body
    label = {"label": body["label"], "inverseLabel": body.get("inverseLabel") or body["label"]}
    made = known(call.account).add(pair, label)
    return to_json({"results": [made]})


@routes.route("PUT", LABELS)
def change_label(call: Call) -> Response:
    _label(call, str(call.body["associationTypeId"]))["label"] = call.body["label"]
    return Response(204, content_type="")


@routes.route("DELETE", LABELS + "/{associationTypeId}")
def delete_label(call: Call) -> Response:
    key = call.params["associationTypeId"]
    _label(call, key)
    known(call.account).take(_pair(call), key)
    return Response(204, content_type="")


def _pair(call: Call) -> str:
    return f"{call.kind('fromObjectType').name}/{call.kind('toObjectType').name}"


def _labels(call: Call) -> dict[str, Record]:
    return known(call.account).rows.get(_pair(call), {})


def _label(call: Call, key: str) -> Record:
    entry = _labels(call).get(key)
    if entry is None or entry["category"] != "USER_DEFINED":
        raise errors.missing(f"Association type {key} does not exist")
    return entry
