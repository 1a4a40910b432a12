"""Workflows: a list of what they are called, each in full by itself."""

from sandbox.hubspot import errors, listing
from sandbox.hubspot.call import Call, routes
from sandbox.messages import Response, to_json

FLOWS = "/automation/v4/flows"
SCOPE = "automation"
LIMIT = 100
SHELF = "workflows"
GIVEN_BY_VENDOR = ("id", "createdAt", "updatedAt")


@routes.route("GET", FLOWS)
def list_flows(call: Call) -> Response:
    call.needs(SCOPE)
    return listing.in_order(call, SHELF, call.limit(LIMIT, LIMIT), lambda _: True)


@routes.route("GET", FLOWS + "/{flowId}")
def read_flow(call: Call) -> Response:
    call.needs(SCOPE)
    return to_json(call.account.shelves[SHELF].record(_find(call)))


@routes.route("POST", FLOWS + "/batch/read")
def read_flows(call: Call) -> Response:
    """Read flows in full: {"inputs": [{"flowId", "type": "FLOW_ID"}]}."""
    call.needs(SCOPE)
    rows = call.account.shelves[SHELF]
    found = [call.account.cabinet.find(SHELF, str(entry["flowId"])) for entry in call.inputs]
    return to_json({"status": "COMPLETE", "results": [rows.record(n) for n in found if n is not None]})


@routes.route("POST", FLOWS)
def create_flow(call: Call) -> Response:
    call.needs(SCOPE)
    values = {name: value for name, value in call.body.items() if name not in GIVEN_BY_VENDOR}
    ordinal = call.account.cabinet.add(SHELF, {**values, "revisionId": "1"})
    return to_json(call.account.shelves[SHELF].record(ordinal), 201)


@routes.route("PUT", FLOWS + "/{flowId}")
def replace_flow(call: Call) -> Response:
    """Change a flow; the revision it is a change of has to be the newest."""
    call.needs(SCOPE)
    ordinal, body = _find(call), call.body
    if body.get("revisionId") != call.account.shelves[SHELF].record(ordinal)["revisionId"]:
        raise errors.conflict(
            "The flow was changed meanwhile: read it again and apply the change to its newest revision."
        )
    values = {name: value for name, value in body.items() if name not in GIVEN_BY_VENDOR}
    return to_json(call.account.cabinet.change(SHELF, ordinal, values))


@routes.route("DELETE", FLOWS + "/{flowId}")
def delete_flow(call: Call) -> Response:
    call.needs(SCOPE)
    call.account.cabinet.delete(SHELF, _find(call))
    return Response(204, content_type="")


def _find(call: Call) -> int:
    return listing.find(call, SHELF, call.params["flowId"])
