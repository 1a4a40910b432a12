"""Cursors: where a list goes on, sealed so that it serves only the list, filters and account it was made for."""

import base64
import binascii
import hashlib
import hmac
import json

from chalicelib.errors import BadRequestError

_SEAL_BYTES = 16


def seal(position: str, *, key: bytes, scope: str) -> str:
    """Write a position as a cursor; `scope` names everything it is bound to."""
    content = position.encode()
    return base64.urlsafe_b64encode(_seal(content, key, scope) + content).decode().rstrip("=")


def unseal(cursor: str, *, key: bytes, scope: str) -> str:
    """Read a cursor back; raises BadRequestError for one that was edited or made for another list."""
    try:
        sealed = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        content = sealed[_SEAL_BYTES:]
        position = content.decode()
    except (binascii.Error, ValueError) as broken:
        raise _refused() from broken
    if not hmac.compare_digest(sealed[:_SEAL_BYTES], _seal(content, key, scope)):
        raise _refused()
    return position


def scope(account_id: str, operation: str, parameters: dict[str, object]) -> str:
    """Name what a cursor is bound to: the account, the list, its path parameters and its filters."""
    return json.dumps([account_id, operation, parameters], sort_keys=True, default=str)


def _seal(content: bytes, key: bytes, scope: str) -> bytes:
    bound = hashlib.sha256(scope.encode()).digest()
    return hmac.digest(key, b"cursor\n" + bound + content, "sha256")[:_SEAL_BYTES]


def _refused() -> BadRequestError:
    return BadRequestError("the cursor is not one of this list; start again without it")
