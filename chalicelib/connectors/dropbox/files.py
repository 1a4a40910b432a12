"""Dropbox's files: their contents, their revisions, who they are shared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Content, Fetch, Page, Parent, Position, Promised, Reading, Request
from chalicelib.connectors.dropbox.calls import download, going_on, rpc
from chalicelib.connectors.dropbox.errors import ResetError
from chalicelib.connectors.paging import again, answered, onward, restarts

REVISIONS = 100
MEMBERS = 300


class Entry(msgspec.Struct, rename={"tag": ".tag"}):
    """What is needed of a file's or folder's record."""

    tag: str
    id: str
    rev: str = ""
    size: int = 0
    content_hash: str | None = None
    is_downloadable: bool = True
    has_explicit_shared_members: bool = False


_ENTRY = msgspec.json.Decoder(Entry)


def _fingerprint(line: bytes) -> str | None:
    """Name a file's contents by their hash; a file that can only be exported has none, so by its revision."""
    entry = _ENTRY.decode(line)
    if entry.tag != "file":
        return None
    return entry.content_hash if entry.content_hash and entry.is_downloadable else f"{entry.id}@{entry.rev}"


def _locate(_fetch: Fetch, line: bytes) -> Request:
    """Ask for the very revision that was listed, so that a change meanwhile cannot mix two."""
    entry = _ENTRY.decode(line)
    if entry.is_downloadable:
        return download("files/download", {"path": f"rev:{entry.rev}"})
    return download("files/export", {"path": entry.id})


def _size(line: bytes) -> int | None:
    entry = _ENTRY.decode(line)
    return entry.size if entry.is_downloadable else None


def _expected(line: bytes) -> str | None:
    entry = _ENTRY.decode(line)
    return entry.content_hash if entry.is_downloadable else None


class Exported(msgspec.Struct):
    """What is needed of what an export says of its bytes."""

    size: int
    export_hash: str | None = None


class _Original(msgspec.Struct):
    rev: str


class _Export(msgspec.Struct):
    export_metadata: Exported
    file_metadata: _Original


def _promised(headers: Mapping[str, str], line: bytes) -> Promised:
    """Compare an export with the revision that was listed: it is always of the newest one, which may be another."""
    entry = _ENTRY.decode(line)
    if entry.is_downloadable:
        return Promised()
    try:
        told = msgspec.json.decode(headers.get("Dropbox-API-Result", ""), type=_Export)
    except msgspec.DecodeError:
        return Promised(not_these="Dropbox does not say of which revision this export is")
    another = f"this export is of revision {told.file_metadata.rev}, not of {entry.rev}"
    not_these = another if told.file_metadata.rev != entry.rev else ""
    return Promised(told.export_metadata.size, told.export_metadata.export_hash, not_these)


CONTENT = Content(_fingerprint, _locate, size=_size, checksum="dropbox", expected=_expected, promised=_promised)


class _Revision(msgspec.Struct):
    rev: str


class _Revisions(msgspec.Struct):
    entries: list[Raw]
    has_more: bool


def revisions(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
    """List a file's revisions, by its id and so through its moves; beyond the first hundred, those at its path."""
    parent = reading.parents[0]
    entry = _ENTRY.decode(parent.line)
    if entry.tag != "file":
        return Page((), None)
    arguments = {"path": entry.id, "mode": "id", "limit": REVISIONS}
    if position:
        arguments |= {"path": parent.key, "mode": "path", "before_rev": position["before"]}
    answer, _ = answered(fetch, rpc("files/list_revisions", arguments), _Revisions)
    if not answer.has_more or not answer.entries:
        return Page(answer.entries, None)
    last = msgspec.json.decode(answer.entries[-1], type=_Revision).rev
    return Page(answer.entries, onward(position, {"before": last}))


class _Members(msgspec.Struct):
    users: list[Raw]
    groups: list[Raw]
    invitees: list[Raw]
    cursor: str | None = None


@dataclass(frozen=True)
class Members:
    """Reads one `kind` of those a file or a shared folder is shared with: users, groups or invitees."""

    route: str
    kind: str

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page; nothing is asked of a file that is shared with nobody by name."""
        parent = reading.parents[0]
        if self.route == "list_file_members" and not _ENTRY.decode(parent.line).has_explicit_shared_members:
            return Page((), None)
        try:
            request = going_on(position, f"sharing/{self.route}", self._of(parent))
            answer, _ = answered(fetch, request, _Members)
        except ResetError:
            return Page((), again(position))
        found = getattr(answer, self.kind)
        if answer.cursor is None:
            return Page(found, None)
        return Page(found, onward(position, {"cursor": answer.cursor, **restarts(position)}))

    def _of(self, parent: Parent) -> dict[str, Any]:
        if self.route == "list_file_members":
            return {"file": _ENTRY.decode(parent.line).id, "include_inherited": False, "limit": MEMBERS}
        return {"shared_folder_id": parent.key, "limit": MEMBERS}
