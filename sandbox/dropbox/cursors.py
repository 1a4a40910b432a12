"""Cursors of list_folder: where a listing stands, and from which change on to continue."""

import base64
import binascii
from typing import NamedTuple

import msgspec

from sandbox.collection import Record


class Cursor(NamedTuple):
    account: str
    epoch: int  # of the account; a cursor of another one must be reset
    path: str  # the folder, in lower case; empty for the root
    recursive: bool
    include_deleted: bool
    limit: int
    seq: int  # the last change that has been told
    after: str | None  # the sort key of the last node told; None when the listing is complete


def pack(cursor: Cursor) -> str:
    return "AA" + base64.urlsafe_b64encode(msgspec.json.encode(list(cursor))).decode().rstrip("=")


def unpack(text: str) -> Cursor | None:
    """Read a cursor; None if it is none of ours."""
    body = text[2:]
    try:
        fields = msgspec.json.decode(
            base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=list[str | int | bool | None]
        )
        return msgspec.convert(fields, Cursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None


def pack_offset(offset: int) -> str:
    """Make the cursor of a plain list, such as that of shared links."""
    return "AB" + base64.urlsafe_b64encode(str(offset).encode()).decode().rstrip("=")


def unpack_offset(text: str) -> int | None:
    body = text[2:]
    try:
        return int(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return None


def page(rows: list[Record], offset: int, limit: int) -> tuple[list[Record], str | None]:
    """Return a page of a plain list and the cursor of the next one, if there is one."""
    end = offset + limit
    return rows[offset:end], pack_offset(end) if end < len(rows) else None
