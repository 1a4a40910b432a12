"""Copying one file's content, checked against all that the vendor says of it."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.backup.contents import SPARE_BYTES, Copier
from chalicelib.backup.means import Session
from chalicelib.connectors.checksums import hasher
from chalicelib.connectors.connector import Answer, Content, Promised, Request
from chalicelib.errors import SkippableError
from tests.archive.memory import MemoryObjects

BLOCK = 4 * 1024 * 1024


@dataclass
class Vendor:
    """Gives one body after the other, in small pieces."""

    bodies: list[bytes]
    headers: list[dict[str, str]] = field(default_factory=list)
    requests: int = 0

    def fetch(self, request: Request) -> Answer:
        raise AssertionError(request)

    def download(self, request: Request) -> tuple[Mapping[str, str], Iterator[bytes]]:
        self.requests += 1
        body = self.bodies.pop(0)
        return self.headers.pop(0) if self.headers else {}, (body[at : at + 7] for at in range(0, len(body), 7))

    def beside(self) -> Session:
        raise AssertionError

    def take_share(self, share: float) -> None:
        raise AssertionError

    def close(self) -> None:
        raise AssertionError


CONTENT = Content(
    fingerprint=lambda line: json.loads(line)["hash"],
    locate=lambda _fetch, _line: Request("/content"),
    size=lambda line: json.loads(line)["size"],
    checksum="sha256",
    expected=lambda line: json.loads(line)["hash"],
)


def line_of(body: bytes) -> bytes:
    return json.dumps({"hash": sha256(body).hexdigest(), "size": len(body)}).encode()


def copier(vendor: Vendor, bucket: MemoryObjects, make_room: Callable[[int], None] = lambda _size: None) -> Copier:
    return Copier(vendor, CONTENT, bucket, "acc_1", make_room)


def test_a_content_is_kept_under_its_hash_and_says_what_it_was_checked_against() -> None:
    bucket, body = MemoryObjects(), b"the file as it is"

    copied = copier(Vendor([body]), bucket).copy("f1", line_of(body))

    assert bucket.bodies == {copied.blob: body}
    assert (copied.key, copied.sha256, copied.size_bytes) == ("f1", sha256(body).hexdigest(), len(body))
    assert copied.checked_against == ["size", "sha256"]


def test_what_the_cache_keeps_goes_before_a_file_is_said_not_to_fit() -> None:
    asked: list[int] = []
    body = b"the file as it is"

    copier(Vendor([body]), MemoryObjects(), asked.append).copy("f1", line_of(body))

    assert asked == [len(body) + SPARE_BYTES]


def test_f20_a_content_that_meets_a_damaged_copy_of_itself_takes_its_place() -> None:
    bucket, body = MemoryObjects(), b"the file as it is"
    blob = f"accounts/acc_1/blobs/{sha256(body).hexdigest()[:2]}/{sha256(body).hexdigest()}"
    bucket.bodies[blob] = b"rot"

    copier(Vendor([body]), bucket).copy("f1", line_of(body))

    assert bucket.bodies == {blob: body}


def test_f50_a_file_that_changed_while_it_was_read_is_read_once_more() -> None:
    bucket, body = MemoryObjects(), b"the file as it is"
    vendor = Vendor([b"the file as it was", body])

    copier(vendor, bucket).copy("f1", line_of(body))

    assert (vendor.requests, list(bucket.bodies.values())) == (2, [body])


@pytest.mark.parametrize("wrong", [b"the file as it_is", b"the file", b""])
def test_f50_a_file_that_never_matches_is_reported_and_not_kept(wrong: bytes) -> None:
    bucket, body = MemoryObjects(), b"the file as it is"
    vendor = Vendor([wrong, wrong])

    with pytest.raises(SkippableError, match="not what the vendor says"):
        copier(vendor, bucket).copy("f1", line_of(body))

    assert (vendor.requests, bucket.bodies) == (2, {})


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_dropboxs_hash_is_that_of_its_blocks_hashes(size: int) -> None:
    body = bytes(size)
    blocks = b"".join(sha256(body[at : at + BLOCK]).digest() for at in range(0, size, BLOCK))

    digest = hasher("dropbox")
    digest.update(body)

    assert digest.hexdigest() == sha256(blocks).hexdigest()


@given(pieces=st.lists(st.binary(max_size=100), max_size=6))
@pytest.mark.parametrize("kind", ["dropbox", "md5", "sha1", "sha256"])
def test_a_checksum_does_not_depend_on_how_the_bytes_come(
    kind: Literal["dropbox", "md5", "sha1", "sha256"], pieces: list[bytes]
) -> None:
    whole, piecemeal = hasher(kind), hasher(kind)

    whole.update(b"".join(pieces))
    for piece in pieces:
        piecemeal.update(piece)

    assert piecemeal.hexdigest() == whole.hexdigest()


def test_a_content_is_checked_against_the_hash_that_onedrive_gives_in_base64() -> None:
    body, bucket = b64decode("n6Neh7p6fFgm"), MemoryObjects()
    content = Content(
        fingerprint=lambda line: json.loads(line)["quickXorHash"],
        locate=lambda _fetch, _line: Request("/content"),
        checksum="quickxor",
        expected=lambda line: b64decode(json.loads(line)["quickXorHash"]).hex(),
    )
    line = b'{"quickXorHash":"nxiFFw6hCz3wAQsmCQAAAAAAAAA="}'
    copying = Copier(Vendor([body, body + b"x", body + b"x"]), content, bucket, "acc_1", lambda _size: None)

    assert copying.copy("f1", line).checked_against == ["quickxor"]
    with pytest.raises(SkippableError, match="quickxor checksum"):
        copying.copy("f2", line)


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        (Promised(9), "9 bytes|instead of 9"),
        (Promised(17, sha256(b"another").hexdigest()), "sha256 checksum"),
        (Promised(17, None, "of another revision"), "of another revision"),
    ],
)
def test_f50_what_comes_with_the_bytes_is_compared_where_the_record_does_not_tell(sent: Promised, wrong: str) -> None:
    body, bucket = b"the file as it is", MemoryObjects()
    content = Content(
        fingerprint=lambda _line: "f1",
        locate=lambda _fetch, _line: Request("/content"),
        checksum="sha256",
        promised=lambda headers, _line: sent if headers["Bytes"] == "first" else Promised(len(body)),
    )
    vendor = Vendor([body, body, body], [{"Bytes": "first"}, {"Bytes": "first"}, {"Bytes": "second"}])
    copying = Copier(vendor, content, bucket, "acc_1", lambda _size: None)

    with pytest.raises(SkippableError, match=wrong) as refused:
        copying.copy("f1", b"{}")
    copied = copying.copy("f1", b"{}")

    assert refused.value.there
    assert (copied.checked_against, list(bucket.bodies.values())) == (["size"], [body])
