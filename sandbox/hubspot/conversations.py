"""The inbox: threads and their messages."""

from sandbox.collection import Record
from sandbox.hubspot import errors, listing
from sandbox.hubspot.call import Call, routes
from sandbox.hubspot.inbox import CHANNEL, CHANNEL_ACCOUNT
from sandbox.messages import Response, to_json

THREADS = "/conversations/v3/conversations/threads"
MESSAGES = THREADS + "/{threadId}/messages"
READ, WRITE = "conversations.read", "conversations.write"
LIMIT = 500
SHELF, CHILDREN = "conversation_threads", "conversation_messages"
FILTERS = {"inboxId": "inboxId", "associatedContactId": "associatedContactId", "threadStatus": "status"}


@routes.route("GET", THREADS)
def list_threads(call: Call) -> Response:
    """List threads by id, or by their latest message from a given time on."""
    call.needs(READ)
    limit, args = call.limit(LIMIT, 100), call.request.args
    asked = {member: args[name] for name, member in FILTERS.items() if name in args}
    since = listing.moment(args["latestMessageTimestampAfter"]) if "latestMessageTimestampAfter" in args else ""

    def wanted(record: Record) -> bool:
        matches = all(record[member] == value for member, value in asked.items())
        return matches and record["latestMessageTimestamp"] > since

    sort = args.get("sort", "id")
    if sort == "id":
        return listing.in_order(call, SHELF, limit, wanted)
    if sort.removeprefix("-") != "latestMessageTimestamp":
        raise errors.invalid(f"Invalid sort: {sort}")
    if not since:
        raise errors.invalid("latestMessageTimestampAfter is required when sorting by latestMessageTimestamp")
    return listing.by_member(call, SHELF, sort, limit, wanted)


@routes.route("GET", THREADS + "/{threadId}")
def read_thread(call: Call) -> Response:
    call.needs(READ)
    return to_json(call.account.shelves[SHELF].record(_thread(call)))


@routes.route("PATCH", THREADS + "/{threadId}")
def change_thread(call: Call) -> Response:
    """Open or close a thread, or take an archived one back."""
    call.needs(WRITE)
    values = {name: value for name, value in call.body.items() if name in ("status", "archived")}
    return to_json(call.account.cabinet.change(SHELF, _thread(call), values))


@routes.route("DELETE", THREADS + "/{threadId}")
def archive_thread(call: Call) -> Response:
    call.needs(WRITE)
    call.account.cabinet.delete(SHELF, _thread(call))
    return Response(204, content_type="")


@routes.route("GET", MESSAGES)
def list_messages(call: Call) -> Response:
    """List the messages of a thread, the oldest first unless `sort` is -createdAt."""
    call.needs(READ)
    _thread(call)
    children = call.account.cabinet.children(CHILDREN, call.params["threadId"])
    sort, limit = call.request.args.get("sort", "createdAt"), call.limit(LIMIT, 100)
    if sort not in ("createdAt", "-createdAt"):
        raise errors.invalid(f"Invalid sort: {sort}")
    return listing.by_member(call, CHILDREN, sort, limit, lambda _: True, children)


@routes.route("GET", MESSAGES + "/{messageId}")
def read_message(call: Call) -> Response:
    call.needs(READ)
    _thread(call)
    rows = call.account.shelves[CHILDREN]
    record = rows.record(listing.find(call, CHILDREN, call.params["messageId"]))
    if record["conversationsThreadId"] != call.params["threadId"]:
        raise errors.missing(f"{CHILDREN} {call.params['messageId']} does not exist")
    return to_json(record)


@routes.route("POST", MESSAGES)
def send_message(call: Call) -> Response:
    call.needs(WRITE)
    _thread(call)
    text = str(call.body["text"])
    values = {
        "type": call.body["type"], "text": text, "richText": call.body.get("richText", text), "senders": [],
        "createdBy": str(call.body["senderActorId"]), "conversationsThreadId": call.params["threadId"],
        "channelId": CHANNEL, "channelAccountId": CHANNEL_ACCOUNT, "direction": "OUTGOING",
    }  # fmt: skip
    ordinal = call.account.cabinet.add(CHILDREN, values)
    return to_json(call.account.shelves[CHILDREN].record(ordinal), 201)


def _thread(call: Call) -> int:
    return listing.find(call, SHELF, call.params["threadId"])
