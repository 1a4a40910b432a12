"""The bucket: once written is written, and what is read is what was written."""

import re
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto.s3.models import s3_backends

from chalicelib.aws.objects import S3Objects
from chalicelib.errors import DamagedObjectError, FatalError, MissingObjectError, RetryableError


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()


@pytest.fixture
def bucket(aws: None) -> S3Objects:
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="data")
    return S3Objects(client, "data")


@pytest.fixture
def temp(bucket: S3Objects) -> S3Objects:
    bucket.client.create_bucket(Bucket="temp")
    return S3Objects(bucket.client, "temp")


@pytest.fixture
def stubbed() -> Iterator[tuple[S3Objects, Stubber]]:
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as stubber:
        yield S3Objects(client, "data"), stubber


def test_an_object_is_written_once(bucket: S3Objects) -> None:
    assert bucket.put_once("a", b"one", sha256=digest(b"one"))

    assert not bucket.put_once("a", b"two", sha256=digest(b"two"))
    assert bucket.get("a") == b"one"


def test_f16_f18_a_put_whose_answer_was_lost_meets_its_own_bytes(bucket: S3Objects) -> None:
    bucket.put_once("a", b"one", sha256=digest(b"one"))

    assert bucket.put_once("a", b"one", sha256=digest(b"one"))


def test_bytes_without_a_checksum_of_s3s_are_compared_by_reading_them(bucket: S3Objects) -> None:
    bucket.client.put_object(Bucket="data", Key="a", Body=b"one", ChecksumAlgorithm="CRC32")

    assert bucket.put_once("a", b"one", sha256=digest(b"one"))
    assert not bucket.put_once("a", b"two", sha256=digest(b"two"))


def test_bytes_that_are_not_those_announced_are_refused(stubbed: tuple[S3Objects, Stubber]) -> None:
    bucket, stubber = stubbed
    stubber.add_client_error("put_object", "BadDigest", http_status_code=400)

    with pytest.raises(FatalError, match="BadDigest"):
        bucket.put_once("a", b"one", sha256=digest(b"two"))


def test_a_concurrent_put_is_tried_again(stubbed: tuple[S3Objects, Stubber]) -> None:
    bucket, stubber = stubbed
    stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    stubber.add_response("put_object", {})

    assert bucket.put_once("a", b"one", sha256=digest(b"one"))


def test_a_put_that_always_races_is_left_to_a_later_attempt(stubbed: tuple[S3Objects, Stubber]) -> None:
    bucket, stubber = stubbed
    for _ in range(5):
        stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)

    with pytest.raises(RetryableError):
        bucket.put_once("a", b"one", sha256=digest(b"one"))


def test_f18_a_busy_bucket_is_worth_another_try(stubbed: tuple[S3Objects, Stubber]) -> None:
    bucket, stubber = stubbed
    stubber.add_client_error("get_object", "SlowDown", http_status_code=503)

    with pytest.raises(RetryableError, match="SlowDown"):
        bucket.get("a")


def test_a_bucket_out_of_reach_is_worth_another_try() -> None:
    client = boto3.client("s3", region_name="us-east-1")

    def unreachable(**_more: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")

    client.meta.events.register("before-send.s3", unreachable)
    with pytest.raises(RetryableError):
        S3Objects(client, "data").put("a", b"one")


def test_a_file_is_written_once_too(bucket: S3Objects, tmp_path: Path) -> None:
    path = tmp_path / "index"
    path.write_bytes(b"many bytes")

    assert bucket.put_file_once("i", path, sha256=digest(b"many bytes"))
    assert bucket.get("i") == b"many bytes"


def test_a_range_is_read_alone(bucket: S3Objects) -> None:
    bucket.put("a", b"0123456789")

    assert bucket.get_range("a", 3, 4) == b"3456"


def test_a_range_ends_with_its_object(bucket: S3Objects) -> None:
    bucket.put("a", b"0123")

    assert bucket.get_range("a", 2, 4) == b"23"


def test_a_range_that_begins_beyond_the_end_is_damage(bucket: S3Objects) -> None:
    bucket.put("a", b"0123")

    with pytest.raises(DamagedObjectError):
        bucket.get_range("a", 4, 4)


def test_an_absent_object_is_missing_whatever_is_asked_of_it(bucket: S3Objects) -> None:
    for ask in (lambda: bucket.get("a"), lambda: bucket.get_range("a", 0, 1), lambda: list(bucket.read("a"))):
        with pytest.raises(MissingObjectError):
            ask()
    assert not bucket.exists("a")


def test_a_listing_goes_through_all_pages(bucket: S3Objects) -> None:
    for key in ("p/1", "p/2", "p/3", "q"):
        bucket.put(key, b"")
    bucket.client.meta.events.register(
        "before-parameter-build.s3.ListObjectsV2", lambda params, **_more: params.update(MaxKeys=1)
    )

    assert list(bucket.list("p/")) == ["p/1", "p/2", "p/3"]


def damage(bucket: S3Objects, key: str, body: bytes) -> None:
    """Change an object's bytes behind S3's back: its checksum stays."""
    found = s3_backends["123456789012"]["aws"].get_object(bucket.bucket, key)
    assert found is not None
    found.value = body  # type: ignore[misc]  # moto hides its setter from the checker


def test_f20_bytes_that_stay_damaged_are_an_error(bucket: S3Objects) -> None:
    bucket.put("a", b"one")
    damage(bucket, "a", b"onE")

    with pytest.raises(DamagedObjectError):
        bucket.get("a")


def test_f20_bytes_that_were_damaged_on_the_way_are_read_again(bucket: S3Objects) -> None:
    bucket.put("a", b"one")
    damage(bucket, "a", b"onE")
    calls: list[int] = []

    def mend(**_more: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            damage(bucket, "a", b"one")

    bucket.client.meta.events.register("before-call.s3.GetObject", mend)

    assert bucket.get("a") == b"one"
    assert len(calls) == 2


BUCKET = S3Objects(boto3.client("s3"), "bucket")


@given(st.text() | st.text(alphabet="a./\\\"';%\r\n\x00é"))
def test_s47_a_files_name_adds_nothing_to_the_header_it_is_sent_in(name: str) -> None:
    link = BUCKET.link("blobs/a", seconds=60, filename=name)

    (header,) = parse_qs(urlsplit(link).query)["response-content-disposition"]
    assert re.fullmatch(r"attachment; filename\*=UTF-8''[A-Za-z0-9._~%-]*", header)
    assert unquote(header.partition("''")[2]) == name
    assert urlsplit(link).path.endswith("blobs/a")


def test_a_link_serves_the_object_as_a_file_of_a_name(bucket: S3Objects) -> None:
    link = bucket.link("blobs/a", seconds=60, filename="Übersicht.pdf")

    assert "%25C3%259Cbersicht.pdf" in link
    assert "X-Amz-Expires=60" in link or "Expires=" in link


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "content"
    path.write_bytes(b"as it is")
    return path


def versions(bucket: S3Objects) -> list[bytes]:
    found = bucket.client.list_object_versions(Bucket="data")["Versions"]
    ids = [version["VersionId"] for version in found]
    return [bucket.client.get_object(Bucket="data", Key="a", VersionId=one)["Body"].read() for one in ids]


def test_f20_a_damaged_object_is_written_over_and_its_version_kept(bucket: S3Objects, file: Path) -> None:
    bucket.client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    bucket.put_once("a", b"rot", sha256=digest(b"rot"))

    bucket.replace_damaged("a", file, sha256=digest(b"as it is"))

    assert versions(bucket) == [b"as it is", b"rot"]


def test_an_object_that_is_as_it_should_be_is_not_written_over(bucket: S3Objects, file: Path) -> None:
    bucket.client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    bucket.put_file_once("a", file, sha256=digest(b"as it is"))

    bucket.replace_damaged("a", file, sha256=digest(b"as it is"))

    assert versions(bucket) == [b"as it is"]


def test_an_object_that_is_gone_is_written_again(bucket: S3Objects, file: Path) -> None:
    bucket.replace_damaged("a", file, sha256=digest(b"as it is"))

    assert bucket.get("a") == b"as it is"


def test_f7_a_damaged_object_that_somebody_else_writes_meanwhile_is_left_to_them(
    stubbed: tuple[S3Objects, Stubber], file: Path
) -> None:
    bucket, stubber = stubbed
    stubber.add_response("head_object", {"ETag": '"1"'})
    stubber.add_response("get_object", {"Body": StreamingBody(BytesIO(b"rot"), 3)})
    stubber.add_client_error("put_object", "PreconditionFailed", http_status_code=412)

    with pytest.raises(RetryableError, match="others write a at the same time"):
        bucket.replace_damaged("a", file, sha256=digest(b"as it is"))
