"""Reading file contents again: each has the SHA-256 that its key says."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from chalicelib.archive.objects import Objects
from chalicelib.archive.verify import Finding, findings

_AT_ONCE = 8


class Blob(NamedTuple):
    """A content by its full key, and what its bytes must be."""

    key: str
    sha256: str


def check_blobs(objects: Objects, blobs: Sequence[Blob], has_time: Callable[[], bool]) -> Iterator[Sequence[Finding]]:
    """Read contents again in their order, several at a time, while there is time; tell what was found of each one read.

    As anywhere in verifying, only what is wrong twice is damage.
    """
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="blobs") as pool:
        for start in range(0, len(blobs), _AT_ONCE):
            if not has_time():
                return
            yield from pool.map(partial(_check, objects), blobs[start : start + _AT_ONCE])


def _check(objects: Objects, blob: Blob) -> Sequence[Finding]:
    return findings(blob.key, partial(_wrong, objects, blob))


def _wrong(objects: Objects, blob: Blob) -> list[str]:
    digest = sha256()
    for piece in objects.read(blob.key):
        digest.update(piece)
    return [] if digest.hexdigest() == blob.sha256 else ["its bytes do not have the SHA-256 of its name"]
