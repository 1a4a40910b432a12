"""Creating folders, deleting, moving, copying, restoring."""

from sandbox.dropbox import errors
from sandbox.dropbox.call import Call, route
from sandbox.dropbox.contents import WRITE, free_path
from sandbox.dropbox.nodes import Node, metadata
from sandbox.messages import Response, to_json


@route("files/create_folder_v2", WRITE)
def create_folder(call: Call) -> Response:
    call.account.sync()
    path = call.path()
    existing = call.account.tree.at(path)
    if existing and not call.arg.get("autorename"):
        raise errors.conflict("path", "conflict", "folder" if existing.is_folder else "file")
    made = call.account.make_folder(free_path(call, path) if existing else path)
    return to_json({"metadata": metadata(made, tagged=False)})


@route("files/delete_v2", WRITE)
def delete(call: Call) -> Response:
    node = call.node(tags=("path_lookup", "not_found"))
    parent_rev = call.arg.get("parent_rev")
    if parent_rev is not None and parent_rev != node.rev:
        raise errors.conflict("path_write", "conflict", "file")
    node.content_hash()
    described = metadata(node)
    call.account.remove(node.path)
    return to_json({"metadata": described})


@route("files/permanently_delete", "files.permanent_delete")
def permanently_delete(call: Call) -> Response:
    node = call.node(tags=("path_lookup", "not_found"))
    call.account.remove(node.path)
    call.account.tree.tombstones.pop(node.lower, None)
    return Response(200, b"null")


@route("files/move_v2", WRITE)
def move(call: Call) -> Response:
    node, path = _relocation(call)
    if (path + "/").lower().startswith(node.lower + "/") and path.lower() != node.lower:
        raise errors.conflict("cant_move_folder_into_itself")
    return to_json({"metadata": metadata(call.account.move(node, path))})


@route("files/copy_v2", WRITE)
def copy(call: Call) -> Response:
    node, path = _relocation(call)
    return to_json({"metadata": metadata(call.account.copy(node, path))})


def _relocation(call: Call) -> tuple[Node, str]:
    """Return what to move and a free path to move it to; a change of case only is free."""
    node, path = call.node("from_path", ("from_lookup", "not_found")), call.path("to_path")
    existing = call.account.tree.at(path)
    if existing and existing.id != node.id:
        if not call.arg.get("autorename"):
            raise errors.conflict("to", "conflict", "folder" if existing.is_folder else "file")
        path = free_path(call, path)
    return node, path


@route("files/restore", WRITE)
def restore(call: Call) -> Response:
    """Bring an earlier version of a file back."""
    call.account.sync()
    version = call.account.find("rev:" + call.text("rev"))
    if version is None:
        raise errors.conflict("invalid_revision")
    node = call.account.write(call.path(), version.contents(), version.client_modified)
    return to_json(metadata(node, tagged=False))
