import hashlib
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connectors.checksums import BLOCK_BYTES, Checksum, hasher

# Published with rclone (backend/onedrive/quickxorhash), which checks itself by them: what is hashed, and its hash.
QUICKXOR = {
    "": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "Sg==": "SgAAAAAAAAAAAAAAAQAAAAAAAAA=",
    "jRRDVA==": "jaDAEKgAAAAAAAAABAAAAAAAAAA=",
    "n6Neh7p6fFgm": "nxiFFw6hCz3wAQsmCQAAAAAAAAA=",
    "2fuxhBJXtpWFe8dOfdGeHw==": "O9tHLAghgSvYohKFyMMxnNCHaHg=",
    "T6LYJIfDh81JrAK309H2JMJTXis=": "zBTHrspn3mEcohlJdIUAbjGNaNg=",
    "jyibxJSzO6ZiZ0O1qe3tG/bvIAYssvukh9suIT5wEy1JBINVgPiqdsTW0cOpP0aUfP7mgqLfADkzI/m/GgCuVhr8oFLrOCoTx1/psBOWwhltCbhUx51I"
    "cm9aH8tY4Z3ccU+6BKpYQkLCy0B/A9Zc": "hZfLIilSITC6N3e3tQ/iSgEzkto=",
    "PfxMcUd0vIW6VbHG/uj/Y0W6qEoKmyBD0nYebEKazKaKG+UaDqBEcmQjbfQeVnVLuodMoPp7P7TR1htX5n2VnkHh22xDyoJ8C/ZQKiSNqQfXvh83judf"
    "4RVr9exJCud8Uvgip6aVZTaPrJHVjQhMCp/dEnGvqg0oN5OVkM2qqAXvA0teKUDhgNM71sDBVBCGXxNOR2bpbD1iM4dnuT0ey4L+loXEHTL0fqMeUcEi"
    "2asgImnlNakwenDzz0x57aBwyq3AspCFGB1ncX4yYCr/OaCcS5OKi/00WH+wNQU3": "QX/YEpG0gDsmhEpCdWhsxDzsfVE=",
}


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


@pytest.mark.parametrize(("body", "known"), QUICKXOR.items(), ids=str)
@pytest.mark.parametrize("size", [1, 7, 160, 512])
def test_onedrives_hash_is_the_published_one_however_the_bytes_arrive(body: str, known: str, size: int) -> None:
    assert in_pieces("quickxor", b64decode(body), size) == b64decode(known).hex()


def bit_by_bit(body: bytes) -> str:
    """OneDrive's hash as it is described, without any putting together."""
    bits = [0] * 160
    for place, byte in enumerate(body):
        for bit in range(8):
            bits[(11 * place + bit) % 160] ^= byte >> bit & 1
    found = sum(bit << place for place, bit in enumerate(bits)) ^ len(body) << 96
    return found.to_bytes(20, "little").hex()


@given(st.binary(max_size=2000), st.integers(1, 700))
def test_onedrives_hash_is_the_described_one_at_any_length(body: bytes, size: int) -> None:
    assert in_pieces("quickxor", body, size) == bit_by_bit(body)
