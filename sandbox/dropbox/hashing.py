"""The vendor's content hash."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

BLOCK = 4 * 1024 * 1024


def content_hash(contents: bytes) -> str:
    """Hash blocks of 4 MiB by SHA-256, and then the digests of the blocks."""
    return _of_blocks(contents[start : start + BLOCK] for start in range(0, len(contents), BLOCK))


def content_hash_of(file: BinaryIO) -> str:
    return _of_blocks(_blocks(file))


def _of_blocks(blocks: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(block).digest() for block in blocks)).hexdigest()


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block
