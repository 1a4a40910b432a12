"""Buckets in memory, with the promises of S3 that the archive leans on, and faults on demand."""

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256 as digest_of
from pathlib import Path

from chalicelib.errors import MissingObjectError


@dataclass
class MemoryMacs:
    """A key for codes."""

    key: bytes = b"the deployment's key"

    def make(self, message: bytes) -> bytes:
        return hmac.digest(self.key, message, "sha256")

    def holds(self, message: bytes, mac: bytes) -> bool:
        return hmac.compare_digest(self.make(message), mac)


class Killed(BaseException):
    """The process died here."""


@dataclass
class MemoryObjects:
    """A bucket. `before` and `after` are called around each write, with its key."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _key: None
    after: Callable[[str], None] = lambda _key: None

    def put_once(self, key: str, body: bytes, *, sha256: str) -> bool:
        assert digest_of(body).hexdigest() == sha256
        self.before(key)
        kept = self.bodies.setdefault(key, body)
        self.after(key)
        return kept == body

    def put_file_once(self, key: str, path: Path, *, sha256: str) -> bool:
        return self.put_once(key, path.read_bytes(), sha256=sha256)

    def replace_damaged(self, key: str, path: Path, *, sha256: str) -> None:
        if digest_of(self.bodies.get(key, b"")).hexdigest() != sha256:
            self.bodies[key] = path.read_bytes()

    def put(self, key: str, body: bytes) -> None:
        self.bodies[key] = body

    def get(self, key: str) -> bytes:
        if key not in self.bodies:
            raise MissingObjectError(key)
        return self.bodies[key]

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return self.get(key)[start : start + length]

    def read(self, key: str) -> Iterator[bytes]:
        body = self.get(key)
        return (body[start : start + 1000] for start in range(0, len(body), 1000))
