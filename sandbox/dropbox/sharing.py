"""Shared folders, their members, shared links, members of files, file requests."""

from sandbox.collection import Record
from sandbox.dropbox import errors, shelves
from sandbox.dropbox.call import Call, route
from sandbox.dropbox.cursors import page, unpack_offset
from sandbox.messages import Response, to_json

SHARING = "sharing.read"
SHARING_WRITE = "sharing.write"
REQUESTS = "file_requests.read"
LINKS_PAGE = 100


def _offset(call: Call) -> int:
    offset = unpack_offset(call.text("cursor"))
    if offset is None:
        raise errors.conflict("invalid_cursor")
    return offset


def _paged(call: Call, rows: list[Record], name: str, offset: int) -> Response:
    shown, cursor = page(rows, offset, call.number("limit", 1000, 1, 1000))
    return to_json({name: shown, **({"cursor": cursor} if cursor else {})})


@route("sharing/list_folders", SHARING)
def list_folders(call: Call) -> Response:
    return _paged(call, call.account.shelves["shared_folders"], "entries", 0)


@route("sharing/list_folders/continue", SHARING)
def list_folders_continue(call: Call) -> Response:
    return _paged(call, call.account.shelves["shared_folders"], "entries", _offset(call))


@route("sharing/list_folder_members", SHARING)
def list_folder_members(call: Call) -> Response:
    wanted = call.text("shared_folder_id")
    folders = call.account.shelves["shared_folders"]
    folder = next((row for row in folders if row["shared_folder_id"] == wanted), None)
    if folder is None:
        raise errors.conflict("invalid_id")
    if not folder.get("path_lower"):
        raise errors.conflict("unmounted")
    return to_json({"users": shelves.members(folder), "groups": [], "invitees": []})


@route("sharing/list_folder_members/continue", SHARING)
def list_folder_members_continue(call: Call) -> Response:
    raise errors.conflict("invalid_cursor", offset=_offset(call))


@route("sharing/list_shared_links", SHARING)
def list_shared_links(call: Call) -> Response:
    """List links a page at a time; a path narrows it to the links of one file."""
    rows = call.account.shelves["shared_links"]
    if "path" in call.arg:
        node = call.node()
        rows = [row for row in rows if row["id"] == node.id]
    shown, cursor = page(rows, _offset(call) if "cursor" in call.arg else 0, LINKS_PAGE)
    return to_json({"links": shown, "has_more": cursor is not None, **({"cursor": cursor} if cursor else {})})


@route("sharing/list_file_members", SHARING)
def list_file_members(call: Call) -> Response:
    if ".app/" in call.node("file", ("access_error", "invalid_file")).path:
        raise errors.conflict("access_error", "inside_osx_package")
    return to_json({"users": [], "groups": [], "invitees": []})


@route("sharing/list_file_members/batch", SHARING)
def list_file_members_batch(call: Call) -> Response:
    """List the members of up to 100 files, each with its own success or failure."""
    keys = call.arg.get("files", [])
    if len(keys) > 100:
        raise errors.malformed(call.route, "request body: files: at most 100")
    call.account.sync()
    return to_json([{"file": key, "result": _file_members(call, key)} for key in keys])


def _file_members(call: Call, key: str) -> Record:
    if call.account.find(key) is None:
        return errors.union("access_error", "invalid_file")
    return {".tag": "result", "members": {"users": [], "groups": [], "invitees": []}, "member_count": 0}


@route("sharing/create_shared_link_with_settings", SHARING_WRITE)
def create_shared_link(call: Call) -> Response:
    node, rows = call.node(), call.account.shelves["shared_links"]
    if any(row["id"] == node.id for row in rows):
        raise errors.conflict("shared_link_already_exists")
    rows.append(shelves.shared_link(len(rows), node, call.account.clock.seconds()))
    return to_json(rows[-1])


@route("sharing/revoke_shared_link", SHARING_WRITE)
def revoke_shared_link(call: Call) -> Response:
    url = call.text("url")
    known = [row["url"] for row in call.account.shelves["shared_links"]]
    matching = [key for key in known if url.endswith(key.removeprefix("https://"))]
    if not matching:
        raise errors.conflict("shared_link_not_found")
    call.account.delete("shared_links", matching)
    return Response(200, b"null")


@route("file_requests/list_v2", REQUESTS)
def list_file_requests(call: Call) -> Response:
    return _requests(call, 0)


@route("file_requests/list/continue", REQUESTS)
def list_file_requests_continue(call: Call) -> Response:
    return _requests(call, _offset(call))


def _requests(call: Call, offset: int) -> Response:
    shown, cursor = page(call.account.shelves["file_requests"], offset, call.number("limit", 1000, 1, 1000))
    return to_json({"file_requests": shown, "cursor": cursor or "", "has_more": cursor is not None})


@route("file_requests/get", REQUESTS)
def get_file_request(call: Call) -> Response:
    wanted = call.text("id")
    row = next((row for row in call.account.shelves["file_requests"] if row["id"] == wanted), None)
    if row is None:
        raise errors.conflict("not_found")
    return to_json(row)


@route("file_requests/count", REQUESTS)
def count_file_requests(call: Call) -> Response:
    return to_json({"file_request_count": len(call.account.shelves["file_requests"])})
