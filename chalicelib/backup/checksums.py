"""The checksums vendors give for file contents, computed from the bytes as they come."""

from hashlib import md5, sha1, sha256
from typing import Protocol

_DROPBOX_BLOCK = 4 * 1024 * 1024


class Digest(Protocol):
    """As much of hashlib's objects as is used here."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class DropboxHash:
    """Dropbox's content hash: https://www.dropbox.com/developers/reference/content-hash."""

    def __init__(self) -> None:
        self._blocks, self._block, self._filled = sha256(), sha256(), 0

    def update(self, data: bytes, /) -> None:
        rest = memoryview(data)
        while rest:
            taken = rest[: _DROPBOX_BLOCK - self._filled]
            self._block.update(taken)
            self._filled += len(taken)
            rest = rest[len(taken) :]
            if self._filled == _DROPBOX_BLOCK:
                self._close_block()

    def hexdigest(self) -> str:
        if self._filled:
            self._close_block()
        return self._blocks.hexdigest()

    def _close_block(self) -> None:
        self._blocks.update(self._block.digest())
        self._block, self._filled = sha256(), 0


def digest_named(name: str) -> Digest:
    """Start a checksum of a kind that `Content.checksum` names."""
    if name == "dropbox":
        return DropboxHash()
    weak = {"md5": md5, "sha1": sha1}
    return weak[name](usedforsecurity=False) if name in weak else sha256()
