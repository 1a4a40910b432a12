"""The types that an association of two object types can have, and the owner's own labels among them."""

from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import Call, routes
from sandbox.hubspot.drawers import known_labels as known
from sandbox.messages import Response, to_json

LABELS = "/crm/v4/associations/{fromObjectType}/{toObjectType}/labels"
USAGE = "/crm/v3/limits/associations/labels"
MOST = 50


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


@routes.route("GET", USAGE)
def read_usage(call: Call) -> Response:
    """Tell of each pair with labels of the owner's which these are, and how many it may have."""
    named = [(name, _own(rows)) for name, rows in known(call.account).rows.items()]
    rows = [_usage(call, name, own) for name, own in named if own]
    return to_json({"results": [row for row in rows if _is_asked_for(call, row)]})


def _own(rows: dict[str, Record]) -> list[str]:
    return sorted({str(row["label"]) for row in rows.values() if row["category"] == "USER_DEFINED"})


def _usage(call: Call, pair: str, own: list[str]) -> Record:
    ends = zip(("fromObjectType", "toObjectType"), pair.split("/"), strict=True)
    share = {"limit": MOST, "percentage": 100 * len(own) / MOST, "usage": len(own)}
    return {"allLabels": own, **{end: _type(call, name) for end, name in ends}, **share}


def _type(call: Call, name: str) -> Record:
    kind = call.account.kind(name)
    names = {"singularLabel": kind.singular.title(), "pluralLabel": kind.name.title()} if kind else {}
    return {"objectTypeId": kind.type_id if kind else name, **names}


def _is_asked_for(call: Call, row: Record) -> bool:
    """Tell whether a row is of the types that the query names; it may name either, both or none."""
    ends = ("fromObjectType", "toObjectType")
    return all(call.request.args.get(f"{end}Id", row[end]["objectTypeId"]) == row[end]["objectTypeId"] for end in ends)


def _pair(call: Call) -> str:
    return f"{call.kind('fromObjectType').name}/{call.kind('toObjectType').name}"


def _labels(call: Call) -> dict[str, Record]:
    return known(call.account).rows.get(_pair(call), {})


def _label(call: Call, key: str) -> Record:
    entry = _labels(call).get(key)
    if entry is None or entry["category"] != "USER_DEFINED":
        raise errors.missing(f"Association type {key} does not exist")
    return entry
