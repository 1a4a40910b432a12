"""The manifest's MAC, which only sealing can make: a manifest that anybody else made, changed or moved is refused.

It covers every byte of the manifest but itself, and the key it has in the bucket, which names account, source and
snapshot.
"""

import re
from hashlib import sha256
from typing import Protocol

from chalicelib.archive.manifest import Sealed, decode_manifest
from chalicelib.archive.objects import Objects
from chalicelib.errors import DamagedObjectError

DOMAIN = "listbackup-manifest-mac/1"

_EMPTY = b'"mac": ""\n}\n'
_FILLED = re.compile(rb'"mac": "([0-9a-f]{64})"\n}\n\Z')


class Macs(Protocol):
    """Whoever keeps the deployment's key: makes and checks HMAC-SHA-256 codes without giving the key out."""

    def make(self, message: bytes) -> bytes:
        """Make a message's code."""

    def holds(self, message: bytes, mac: bytes) -> bool:
        """Tell whether a code is this message's."""


def put_mac(body: bytes, key: str, macs: Macs) -> bytes:
    """Give an encoded manifest, whose `mac` is still empty, the one it has under `key`, its full key in the bucket."""
    mac = macs.make(message_of(body, key)).hex().encode()
    return body.removesuffix(_EMPTY) + _EMPTY.replace(b'""', b'"' + mac + b'"')


def has_mac(body: bytes, key: str, macs: Macs) -> bool:
    """Tell whether a manifest is, byte for byte, one that was sealed under this key of the bucket."""
    found = _FILLED.search(body, max(0, len(body) - 100))
    if found is None:
        return False
    empty = body[: found.start(1)] + body[found.end(1) :]
    return macs.holds(message_of(empty, key), bytes.fromhex(found[1].decode()))


def message_of(body: bytes, key: str) -> bytes:
    """Give what the code of a manifest with an empty `mac` is made over."""
    return f"{DOMAIN}\n{key}\n{sha256(body).hexdigest()}\n".encode()


def read_genuine(objects: Objects, macs: Macs, key: str) -> Sealed:
    """Read a manifest by its full key; raises DamagedObjectError where it is not one that was sealed there."""
    body = objects.get(key)
    if not has_mac(body, key, macs):
        raise DamagedObjectError(
            f"{key} does not have the MAC of a manifest sealed there: restore the object's version"
        )
    return decode_manifest(body)
