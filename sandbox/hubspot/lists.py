"""Lists of contacts and who is on them."""

from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import Call, paged, routes
from sandbox.hubspot.view import membership
from sandbox.messages import Response, to_json

LISTS = "/crm/v3/lists"
SEARCH_LIMIT = 500
MEMBER_LIMIT = 250


@routes.route("POST", LISTS + "/search")
def search_lists(call: Call) -> Response:
    call.needs("crm.lists.read")
    body = call.body
    offset, count = int(body.get("offset") or 0), min(int(body.get("count") or 20), SEARCH_LIMIT)
    rows = call.account.shelves["lists"]
    records = [rows.record(n) for n in rows.live(range(rows.end))]
    query = str(body.get("query") or "").lower()
    matching = [_counted(call, row) for row in records if query in row["name"].lower()]
    page = matching[offset : offset + count]
    end = offset + len(page)
    return to_json({"lists": page, "hasMore": end < len(matching), "offset": end, "total": len(matching)})


def _counted(call: Call, row: Record) -> Record:
    extra = {"hs_list_size": str(len(call.account.members_of(row["listId"])))}
    return {**row, "additionalProperties": extra}


@routes.route("GET", LISTS)
def read_lists(call: Call) -> Response:
    """Read the lists whose ids are given."""
    call.needs("crm.lists.read")
    rows = call.account.shelves["lists"]
    found = [rows.find(key) for key in call.names("listIds")]
    return to_json({"lists": [rows.record(ordinal) for ordinal in found if ordinal is not None]})


@routes.route("POST", LISTS)
def create_list(call: Call) -> Response:
    call.needs("crm.lists.write")
    body = call.body
    kept: Record = {name: body[name] for name in ("name", "objectTypeId", "processingType") if name in body}
    ordinal = call.account.cabinet.add("lists", kept)
    rows = call.account.shelves["lists"]
    call.account.members[rows.key(ordinal)] = {}
    return to_json({"list": rows.record(ordinal)})


@routes.route("GET", LISTS + "/{listId}")
def read_list(call: Call) -> Response:
    call.needs("crm.lists.read")
    return to_json({"list": call.account.shelves["lists"].record(_list(call))})


@routes.route("DELETE", LISTS + "/{listId}")
def delete_list(call: Call) -> Response:
    call.needs("crm.lists.write")
    call.account.shelves["lists"].delete(_list(call), call.account.clock.millis())
    return Response(204, content_type="")


@routes.route("GET", LISTS + "/{listId}/memberships")
def read_memberships(call: Call) -> Response:
    call.needs("crm.lists.read")
    _list(call)
    limit, after = call.limit(MEMBER_LIMIT, 100), call.request.args.get("after", "0")
    if not after.isdigit():
        raise errors.invalid(f"Invalid after: {after}")
    members = sorted(call.account.members_of(call.params["listId"]).items(), key=lambda member: int(member[0]))
    found = [member for member in members if int(member[0]) >= int(after)]
    following = found[limit][0] if len(found) > limit else None
    return paged(call, [membership(*member) for member in found[:limit]], following, total=len(members))


@routes.route("PUT", LISTS + "/{listId}/memberships/add")
def add_members(call: Call) -> Response:
    call.needs("crm.lists.write")
    _list(call)
    members, now = call.account.members_of(call.params["listId"]), call.account.clock.millis()
    added = [str(key) for key in call.request.json if str(key) not in members]
    call.account.members[call.params["listId"]] = members | dict.fromkeys(added, now)
    return to_json({"recordIdsMissing": [], "recordsIdsAdded": added, "recordIdsRemoved": []})


@routes.route("PUT", LISTS + "/{listId}/memberships/remove")
def remove_members(call: Call) -> Response:
    call.needs("crm.lists.write")
    _list(call)
    gone = [str(key) for key in call.request.json]
    members = call.account.members_of(call.params["listId"])
    call.account.members[call.params["listId"]] = {key: when for key, when in members.items() if key not in gone}
    return to_json({"recordIdsMissing": [], "recordsIdsAdded": [], "recordIdsRemoved": gone})


def _list(call: Call) -> int:
    ordinal = call.account.shelves["lists"].find(call.params["listId"])
    if ordinal is None:
        raise errors.missing(f"List does not exist with ID {call.params['listId']}.")
    return ordinal
