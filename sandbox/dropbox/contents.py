"""Contents of files: download, export, upload in one go and in sessions, temporary links."""

import secrets

import msgspec

from sandbox.clock import parse_moment
from sandbox.collection import Record
from sandbox.dropbox import errors
from sandbox.dropbox.call import Call, route
from sandbox.dropbox.hashing import content_hash
from sandbox.dropbox.nodes import Node, metadata
from sandbox.messages import Response, to_json
from sandbox.spelling import Json

READ = "files.content.read"
WRITE = "files.content.write"
UPLOAD_LIMIT = 150 * 1024 * 1024
LINK_SECONDS = 14_400


@route("files/download", READ)
def download(call: Call) -> Response:
    node = call.node()
    if node.is_folder:
        raise errors.conflict("path", "not_file")
    if not node.is_downloadable:
        raise errors.conflict("unsupported_file")
    return _sent(node.contents(), metadata(node, tagged=False))


@route("files/export", READ)
def export(call: Call) -> Response:
    """Turn a file that cannot be downloaded into one of the formats that its metadata offers."""
    node = call.node()
    if node.is_downloadable or node.is_folder:
        raise errors.conflict("non_exportable")
    wanted = call.arg.get("export_format") or "markdown"
    if wanted not in ("markdown", "html"):
        raise errors.conflict("invalid_export_format")
    body = f"# {node.name}\n\n{node.contents().hex()}\n".encode()
    exported = {
        "name": f"{node.name}.{'md' if wanted == 'markdown' else 'html'}",
        "size": len(body),
        "export_hash": content_hash(body),
        "paper_revision": 1,
    }
    return _sent(body, {"export_metadata": exported, "file_metadata": metadata(node, tagged=False)})


def _sent(body: bytes, result: Record) -> Response:
    return Response(200, body, "application/octet-stream", {"Dropbox-API-Result": header_json(result)})


def header_json(value: Json) -> str:
    """Encode JSON for a header: everything beyond ASCII escaped."""
    text = msgspec.json.encode(value).decode()
    return "".join(character if character < "\x7f" else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


@route("files/get_temporary_link", READ)
def get_temporary_link(call: Call) -> Response:
    node = call.node()
    if node.is_folder:
        raise errors.conflict("path", "not_file")
    token = call.grants.access(call.grant, call.now, "link-", LINK_SECONDS)
    link = f"https://content.dropboxapi.com/apitl/1/{token}/{node.id}"
    return to_json({"metadata": metadata(node, tagged=False), "link": link})


@route("files/upload", WRITE)
def upload(call: Call) -> Response:
    body = call.request.body
    if len(body) > UPLOAD_LIMIT:
        raise errors.conflict("payload_too_large")
    return to_json(metadata(_stored(call, call.arg, body), tagged=False))


def _stored(call: Call, commit: Record, body: bytes) -> Node:
    """Store a file as its commit info says. Refuses conflicts unless it says to rename."""
    call.account.sync()
    if commit.get("content_hash") not in (None, content_hash(body)):
        raise errors.conflict("content_hash_mismatch")
    path = call.checked(str(commit.get("path", "")))
    existing = call.account.find(path)
    path = existing.path if path.startswith("id:") and existing else path
    if not path.startswith("/"):
        raise errors.malformed(call.route, "path: did not match pattern")
    if existing and not _may_replace(existing, commit, body):
        if not commit.get("autorename"):
            reason = {".tag": "conflict", "conflict": {".tag": "folder" if existing.is_folder else "file"}}
            raise errors.conflict("path", reason=reason, upload_session_id="")
        path = free_path(call, path)
    moment = commit.get("client_modified")
    return call.account.write(path, body, int(parse_moment(moment)) if isinstance(moment, str) else None)


def _may_replace(existing: Node, commit: Record, body: bytes) -> bool:
    mode = commit.get("mode", "add")
    tag = mode.get(".tag", "add") if isinstance(mode, dict) else mode
    if existing.is_folder:
        return False
    if tag == "update" and isinstance(mode, dict):
        return bool(mode.get("update") == existing.rev)
    identical = not commit.get("strict_conflict") and existing.content_hash() == content_hash(body)
    return tag == "overwrite" or identical


def free_path(call: Call, path: str) -> str:
    """Find a name that is not taken: "file (1).txt" for "file.txt"."""
    stem, dot, ending = path.rpartition(".")
    if not dot or "/" in ending:
        stem, dot, ending = path, "", ""
    number = 1
    while call.account.tree.at(f"{stem} ({number}){dot}{ending}"):
        number += 1
    return f"{stem} ({number}){dot}{ending}"


@route("files/upload_session/start", WRITE)
def start_session(call: Call) -> Response:
    key = f"pid_upload_session:{secrets.token_urlsafe(24)}"
    call.account.sessions[key] = call.request.body
    return to_json({"session_id": key})


@route("files/upload_session/append_v2", WRITE)
def append_to_session(call: Call) -> Response:
    key = _session(call, call.arg)
    call.account.sessions[key] += call.request.body
    return Response(200, b"null")


@route("files/upload_session/finish", WRITE)
def finish_session(call: Call) -> Response:
    key = _session(call, call.arg, "lookup_failed")
    body = call.account.sessions.pop(key) + call.request.body
    return to_json(metadata(_stored(call, call.arg["commit"], body), tagged=False))


def _session(call: Call, arg: Record, *tags: str) -> str:
    """Find the session of a cursor. Refuses an unknown one, and an offset that is not its length."""
    cursor = arg.get("cursor", {})
    key = str(cursor.get("session_id", ""))
    if key not in call.account.sessions:
        raise errors.conflict(*tags, "not_found")
    length = len(call.account.sessions[key])
    if cursor.get("offset") != length:
        raise errors.conflict(*tags, "incorrect_offset", correct_offset=length)
    return key
