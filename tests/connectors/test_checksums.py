import hashlib
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connectors.checksums import BLOCK_BYTES, hasher

Checksum = Literal["dropbox", "md5", "sha1", "sha256"]


def in_pieces(checksum: Checksum, body: bytes, size: int) -> str:
    begun = hasher(checksum)
    for at in range(0, len(body), size):
        begun.update(body[at : at + size])
    return begun.hexdigest()


@pytest.mark.parametrize("length", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, 9_000_000])
def test_dropboxs_hash_is_that_of_its_blocks_hashes(length: int) -> None:
    body = bytes(range(256)) * (length // 256 + 1)
    body = body[:length]
    blocks = [hashlib.sha256(body[at : at + BLOCK_BYTES]).digest() for at in range(0, length, BLOCK_BYTES)]

    assert in_pieces("dropbox", body, 1_000_003) == hashlib.sha256(b"".join(blocks)).hexdigest()


def test_dropboxs_hash_of_nothing_is_the_documented_one() -> None:
    assert in_pieces("dropbox", b"", 1).startswith("e3b0c44298fc1c149afbf4c8996fb924")


@given(st.binary(max_size=300), st.integers(1, 50), st.sampled_from(["md5", "sha1", "sha256"]))
def test_the_others_are_hashlibs_however_the_bytes_arrive(body: bytes, size: int, checksum: Checksum) -> None:
    assert in_pieces(checksum, body, size) == hashlib.new(checksum, body).hexdigest()
