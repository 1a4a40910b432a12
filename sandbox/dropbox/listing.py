"""Listing folders: list_folder, continue, latest cursor, longpoll, metadata, revisions."""

import time
from collections.abc import Iterator
from itertools import islice

from sandbox.collection import Record
from sandbox.dropbox import errors
from sandbox.dropbox.account import DropboxAccount
from sandbox.dropbox.call import Call, route
from sandbox.dropbox.cursors import Cursor, pack, unpack
from sandbox.dropbox.nodes import Node, deleted, metadata, sort_key
from sandbox.dropbox.tree import Change
from sandbox.messages import Request, Response, to_json

SCOPE = "files.metadata.read"
DEFAULT_LIMIT = 500
LIMIT = 2000
POLL_SECONDS = 0.05
LISTED = "entries"


@route("files/list_folder", SCOPE)
def list_folder(call: Call) -> Response:
    return _step(call.account, _start(call))


@route("files/list_folder/continue", SCOPE)
def list_folder_continue(call: Call) -> Response:
    call.account.sync()
    return _step(call.account, _cursor(call))


@route("files/list_folder/get_latest_cursor", SCOPE)
def get_latest_cursor(call: Call) -> Response:
    return to_json({"cursor": pack(_start(call)._replace(after=None))})


def longpoll(account: DropboxAccount, cursor: Cursor, timeout: float) -> Response:
    """Wait until something changed after the cursor; the caller holds no lock meanwhile."""
    until = time.monotonic() + timeout
    while True:
        with account.lock:
            account.sync()
            changed = cursor.after is not None or any(_changes(account, cursor))
        if changed or time.monotonic() >= until:
            return to_json({"changes": changed})
        time.sleep(POLL_SECONDS)


def longpoll_of(request: Request, accounts: Iterator[DropboxAccount]) -> Response:
    """Answer a longpoll, which carries no token: the account is the cursor's."""
    arg = request.json if isinstance(request.json, dict) else {}
    cursor = unpack(str(arg.get("cursor", "")))
    timeout = arg.get("timeout", 30)
    if cursor is None or not isinstance(timeout, int) or not 30 <= timeout <= 480:
        raise errors.malformed("files/list_folder/longpoll", "request body: cursor or timeout is invalid")
    account = next((account for account in accounts if account.id == cursor.account), None)
    if account is None or account.epoch != cursor.epoch:
        raise errors.conflict("reset")
    return longpoll(account, cursor, timeout)


def _start(call: Call) -> Cursor:
    call.account.sync()
    arg, path = call.arg, call.path(root=True)
    if path:
        node = call.node()
        if not node.is_folder:
            raise errors.conflict("path", "not_folder")
        path = node.lower
    limit = call.number("limit", DEFAULT_LIMIT, 1, LIMIT)
    recursive, gone = bool(arg.get("recursive")), bool(arg.get("include_deleted"))
    account = call.account
    return Cursor(account.id, account.epoch, path, recursive, gone, limit, account.tree.seq, sort_key(path))


def _cursor(call: Call) -> Cursor:
    cursor = unpack(call.text("cursor"))
    if cursor is None or cursor.account != call.account.id:
        raise errors.malformed(call.route, 'request body: cursor: Invalid "cursor" parameter')
    if cursor.epoch != call.account.epoch or cursor.seq > call.account.tree.seq:
        raise errors.conflict("reset")
    return cursor


def _step(account: DropboxAccount, cursor: Cursor) -> Response:
    """Tell the next entries: first of what is there, then of what changed since the listing began."""
    entries, following = _listed(account, cursor) if cursor.after is not None else _told(account, cursor)
    has_more = following.after is not None or any(_changes(account, following))
    return to_json({LISTED: entries, "cursor": pack(following), "has_more": has_more})


def _listed(account: DropboxAccount, cursor: Cursor) -> tuple[list[Record], Cursor]:
    nodes = list(islice(_children(account, cursor), cursor.limit))
    entries = [metadata(node) for node in nodes]
    if len(nodes) == cursor.limit:
        return entries, cursor._replace(after=_passed(nodes[-1], cursor.recursive))
    if cursor.include_deleted:
        gone = account.tree.tombstones.values()
        entries += [deleted(path) for path, _ in gone if _concerns(path, cursor)]
    return entries, cursor._replace(after=None)


def _children(account: DropboxAccount, cursor: Cursor) -> Iterator[Node]:
    """Yield the nodes of a folder after the cursor's place."""
    stop = sort_key(cursor.path) + "\x01" if cursor.path else ""
    if cursor.recursive:
        yield from account.tree.walk(cursor.after or "", stop)
        return
    place = cursor.after or ""
    while node := next(account.tree.walk(place, stop), None):
        yield node
        place = _passed(node, recursive=False)


def _passed(node: Node, recursive: bool) -> str:
    """Return the sort key after which to go on; past all contents of a folder that is not entered."""
    return sort_key(node.path) + ("" if recursive or not node.is_folder else "\x01")


def _told(account: DropboxAccount, cursor: Cursor) -> tuple[list[Record], Cursor]:
    entries: list[Record] = []
    seq = cursor.seq
    for seq, change in _changes(account, cursor):
        entries.append(_entry(account, change))
        if len(entries) == cursor.limit:
            return entries, cursor._replace(seq=seq)
    return entries, cursor._replace(seq=account.tree.seq)


def _changes(account: DropboxAccount, cursor: Cursor) -> Iterator[tuple[int, Change]]:
    """Yield the changes after the cursor: every deletion, and of each path that was written the last time only."""
    for seq in range(cursor.seq + 1, account.tree.seq + 1):
        change = account.tree.journal[seq - 1]
        if not _concerns(change.path, cursor):
            continue
        node = account.tree.at(change.path)
        if change.is_deletion or (node is not None and node.seq == seq):
            yield seq, change


def _entry(account: DropboxAccount, change: Change) -> Record:
    node = None if change.is_deletion else account.tree.at(change.path)
    return metadata(node) if node else deleted(change.path)


def _concerns(path: str, cursor: Cursor) -> bool:
    inside = path.lower().removeprefix(cursor.path)
    if not path.lower().startswith(cursor.path + "/"):
        return False
    return cursor.recursive or inside.count("/") == 1


@route("files/get_metadata", SCOPE)
def get_metadata(call: Call) -> Response:
    return to_json(metadata(call.node()))


@route("files/list_revisions", SCOPE)
def list_revisions(call: Call) -> Response:
    """List the versions of a file, newest first."""
    call.account.sync()
    limit, before = call.number("limit", 10, 1, 100), call.arg.get("before_rev")
    node = call.account.find(call.path())
    gone = call.account.tree.tombstones.get(call.text("path").lower()) if node is None else None
    if node is None or node.is_folder:
        raise errors.conflict("path", "not_file" if node or gone else "not_found")
    versions = [*call.account.tree.history.get(node.id, []), node][::-1]
    if isinstance(before, str):
        at = next((at for at, version in enumerate(versions) if version.rev == before), None)
        if at is None:
            raise errors.conflict("invalid_before_rev")
        versions = versions[at + 1 :]
    entries = [metadata(version, tagged=False) for version in versions[:limit]]
    return to_json({"is_deleted": False, LISTED: entries, "has_more": len(versions) > limit})
