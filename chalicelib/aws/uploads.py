"""Uploads: files of any size and unknown content, streamed in bounded memory and kept under their SHA-256."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from chalicelib.aws.objects import S3Objects, told

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, CopyPartResultTypeDef, UploadPartOutputTypeDef

PART_BYTES = 16 * 1024 * 1024
COPY_BYTES = 1024 * 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file's content as it is stored."""

    key: str
    sha256: str
    size_bytes: int


def store_stream(
    chunks: Iterable[bytes], key_of: Callable[[str], str], *, data: S3Objects, temp: S3Objects, by_way_of: str
) -> Upload:
    """Store what a stream gives under the key that `key_of` makes of its SHA-256, unless it is there already.

    What does not fit into one piece goes by way of a key of the temp bucket. An error raised by `chunks`, say about a
    checksum at its end, leaves nothing behind under the final key.
    """
    stream = _Measured(chunks)
    pieces = stream.pieces()
    first = next(pieces, b"")
    second = next(pieces, None)
    if second is None:
        upload = stream.upload(key_of)
        data.put_once(upload.key, first, sha256=upload.sha256)
        return upload
    _upload(temp, by_way_of, _rejoined(first, second, pieces))
    upload = stream.upload(key_of)
    if not data.exists(upload.key):
        _copy(temp, by_way_of, data, upload)
    temp.client.delete_object(Bucket=temp.bucket, Key=by_way_of)
    return upload


class _Measured:
    """A stream that is cut into pieces of one upload part each, and measured on the way."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._digest, self._size = chunks, sha256(), 0

    def pieces(self) -> Iterator[bytes]:
        gathered = bytearray()
        for chunk in self._chunks:
            self._digest.update(chunk)
            self._size += len(chunk)
            gathered += chunk
            while len(gathered) >= PART_BYTES:
                yield bytes(gathered[:PART_BYTES])
                del gathered[:PART_BYTES]
        if gathered:
            yield bytes(gathered)

    def upload(self, key_of: Callable[[str], str]) -> Upload:
        digest = self._digest.hexdigest()
        return Upload(key_of(digest), digest, self._size)


def _rejoined(first: bytes, second: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from others


def _upload(to: S3Objects, key: str, pieces: Iterable[bytes]) -> None:
    """Upload pieces as one object."""

    def part(number: int, piece: bytes, upload_id: str) -> "CompletedPartTypeDef":
        sent = to.client.upload_part(
            Bucket=to.bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=piece, ChecksumAlgorithm="SHA256"
        )
        return _part(number, sent)

    _multipart(to, key, pieces, part)


def _copy(source: S3Objects, source_key: str, to: S3Objects, upload: Upload) -> None:
    """Copy an object between buckets without its passing through here, whatever its size."""

    def part(number: int, start: int, upload_id: str) -> "CompletedPartTypeDef":
        end = min(start + COPY_BYTES, upload.size_bytes) - 1
        sent = to.client.upload_part_copy(
            Bucket=to.bucket,
            Key=upload.key,
            UploadId=upload_id,
            PartNumber=number,
            CopySource={"Bucket": source.bucket, "Key": source_key},
            CopySourceRange=f"bytes={start}-{end}",
        )["CopyPartResult"]
        return _part(number, sent)

    _multipart(to, upload.key, range(0, upload.size_bytes, COPY_BYTES), part)


def _part(number: int, sent: "UploadPartOutputTypeDef | CopyPartResultTypeDef") -> "CompletedPartTypeDef":
    part: CompletedPartTypeDef = {"PartNumber": number, "ETag": sent["ETag"]}
    if "ChecksumSHA256" in sent:
        part["ChecksumSHA256"] = sent["ChecksumSHA256"]
    return part


def _multipart(
    to: S3Objects, key: str, items: Iterable[T], part: "Callable[[int, T, str], CompletedPartTypeDef]"
) -> None:
    """Make an object of parts; of a failed one nothing is left behind."""
    with told(key):
        started = to.client.create_multipart_upload(Bucket=to.bucket, Key=key, ChecksumAlgorithm="SHA256")
        upload_id = started["UploadId"]
        try:
            parts = [part(number, item, upload_id) for number, item in enumerate(items, start=1)]
            to.client.complete_multipart_upload(
                Bucket=to.bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )
        except BaseException:
            to.client.abort_multipart_upload(Bucket=to.bucket, Key=key, UploadId=upload_id)
            raise
