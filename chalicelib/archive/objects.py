"""The object store the archive is kept in, as much of it as the archive needs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Objects(Protocol):
    """Objects by key. Every read is whole and checked against the store's own checksum.

    Reading a key that is not there raises MissingObjectError; bytes that stay damaged raise DamagedObjectError; what
    may pass by itself raises RetryableError.
    """

    def put_once(self, key: str, body: bytes, *, sha256: str) -> bool:
        """Write an object unless its key is taken; False where the key holds other bytes. `sha256` is in hex."""

    def put_file_once(self, key: str, path: Path, *, sha256: str) -> bool:
        """Write a file's bytes as `put_once` does, without holding them in memory."""

    def replace_damaged(self, key: str, path: Path, *, sha256: str) -> None:
        """Write a file's bytes over an object that does not have their SHA-256; the store keeps what was there."""

    def put(self, key: str, body: bytes) -> None:
        """Write or overwrite an object: for the workspace of a job only."""

    def get(self, key: str) -> bytes:
        """Read an object."""

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes from `start`; fewer where the object ends."""

    def read(self, key: str) -> Iterator[bytes]:
        """Read an object in pieces of bounded size."""
