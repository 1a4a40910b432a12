"""Objects (S3): written once, with their checksum; read whole, and checked."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256 as new_digest
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError, IncompleteReadError

from chalicelib.aws.failures import is_transient, name_of
from chalicelib.errors import DamagedObjectError, FatalError, MissingObjectError, RetryableError
from chalicelib.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")

_READ_BYTES = 1024 * 1024
_PUT_ATTEMPTS = 5
_TAKEN = {"PreconditionFailed", "412"}
_RACE = {"ConditionalRequestConflict", "OperationAborted", "409"}
_MISSING = {"NoSuchKey", "NotFound", "404"}
_SHORT = {"InvalidRange", "416"}


@dataclass(frozen=True, slots=True)
class S3Objects:
    """The objects of one bucket. Every method raises RetryableError for what may pass by itself."""

    client: "S3Client"
    bucket: str

    def put_once(self, key: str, body: bytes, *, sha256: str) -> bool:
        """Write an object unless its key is taken; False where the key holds other bytes. `sha256` is in hex.

        A repeat after a lost answer meets its own bytes, which is as good as having written them.
        """
        return self._put_once(key, lambda: body, sha256)

    def put_file_once(self, key: str, path: Path, *, sha256: str) -> bool:
        """Write a file's bytes as `put_once` does, without holding them in memory."""
        with path.open("rb") as file:
            return self._put_once(key, lambda: _rewound(file), sha256)

    def replace_damaged(self, key: str, path: Path, *, sha256: str) -> None:
        """Write a file's bytes over an object that does not have their SHA-256; one that has it is left alone.

        The bucket keeps the damaged version. Raises RetryableError where somebody else writes it at the same time.
        """
        try:
            with told(key):
                etag = self.client.head_object(Bucket=self.bucket, Key=key)["ETag"]
        except MissingObjectError:
            self.put_file_once(key, path, sha256=sha256)
            return
        if self._digest(key) != sha256:
            self._write_over(key, path, sha256, etag)

    def put(self, key: str, body: bytes) -> None:
        """Write or overwrite an object: for the workspace of a job only."""
        with told(key):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256")

    def get(self, key: str) -> bytes:
        """Read an object; bytes that fail S3's checksum are read once more before DamagedObjectError is raised."""
        return _twice(lambda: b"".join(self.read(key)))

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes from `start`, fewer where the object ends; DamagedObjectError where it ends before them.

        S3 keeps no checksum of a range, so whoever asks must have one.
        """
        with told(key):
            wanted = f"bytes={start}-{start + length - 1}"
            body: bytes = self.client.get_object(Bucket=self.bucket, Key=key, Range=wanted)["Body"].read()
        return body

    def read(self, key: str) -> Iterator[bytes]:
        """Read an object in pieces; raises DamagedObjectError after the last one where they fail S3's checksum."""
        with told(key):
            answer = self.client.get_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
            yield from answer["Body"].iter_chunks(_READ_BYTES)

    def exists(self, key: str) -> bool:
        """Tell whether there is an object of that key."""
        try:
            with told(key):
                self.client.head_object(Bucket=self.bucket, Key=key)
        except MissingObjectError:
            return False
        return True

    def list(self, prefix: str) -> Iterator[str]:
        """List the keys that begin with `prefix`, in their order."""
        with told(prefix):
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (entry["Key"] for entry in page.get("Contents", []))

    def link(self, key: str, *, seconds: int, filename: str) -> str:
        """Sign a link under which anybody can download the object, as a file of that name, for so many seconds."""
        kind = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
        params = {"Bucket": self.bucket, "Key": key, "ResponseContentDisposition": kind}
        return self.client.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)

    def _put_once(self, key: str, body: "Callable[[], bytes | IO[bytes]]", sha256: str) -> bool:
        checksum = b64encode(bytes.fromhex(sha256)).decode()
        for _ in range(_PUT_ATTEMPTS):
            try:
                with told(key):
                    self.client.put_object(
                        Bucket=self.bucket, Key=key, Body=body(), ChecksumSHA256=checksum, IfNoneMatch="*"
                    )
            except _RaceError:
                continue
            except _TakenError:
                return self._holds(key, sha256)
            return True
        raise RetryableError(f"others keep writing {key} at the same time")

    def _write_over(self, key: str, path: Path, sha256: str, etag: str) -> None:
        checksum = b64encode(bytes.fromhex(sha256)).decode()
        try:
            with path.open("rb") as file, told(key):
                self.client.put_object(Bucket=self.bucket, Key=key, Body=file, ChecksumSHA256=checksum, IfMatch=etag)
        except (_RaceError, _TakenError) as race:
            raise RetryableError(f"others write {key} at the same time") from race

    def _digest(self, key: str) -> str | None:
        """Compute an object's SHA-256; None where its bytes fail even S3's own checksum."""
        digest = new_digest()
        try:
            for piece in self.read(key):
                digest.update(piece)
        except DamagedObjectError:
            return None
        return digest.hexdigest()

    def _holds(self, key: str, sha256: str) -> bool:
        """Tell whether an object has those bytes: by S3's own checksum, or by reading it where S3 keeps none."""
        with told(key):
            kept = self.client.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED").get("ChecksumSHA256")
        if kept and "-" not in kept:
            return b64decode(kept).hex() == sha256
        return self._digest(key) == sha256


class _TakenError(Exception):
    """The key has an object already."""


class _RaceError(Exception):
    """Somebody else is writing the key at this moment."""


@contextmanager
def told(key: str) -> Iterator[None]:
    """Say what went wrong with an object in the terms of this project."""
    try:
        yield
    except ClientError as error:
        raise _named(error, key) from error
    except FlexibleChecksumError as error:
        raise DamagedObjectError(f"{key} does not have its checksum: restore the object's version") from error
    except BotoCoreError as error:
        if isinstance(error, IncompleteReadError) or is_transient(error):
            raise RetryableError(f"{key}: S3 cannot be reached ({name_of(error)}); try again") from error
        raise


def _named(error: ClientError, key: str) -> Exception:
    code = error.response["Error"].get("Code", "")
    if code in _TAKEN:
        return _TakenError(key)
    if code in _RACE:
        return _RaceError(key)
    if code in _MISSING:
        return MissingObjectError(f"{key} is not in the bucket: restore the object's version")
    if code in _SHORT:
        return DamagedObjectError(f"{key} ends before it should: restore the object's version")
    if is_transient(error):
        return RetryableError(f"{key}: {code}")
    logger.error("S3 refused", said=str(error))
    return FatalError(f"{key}: S3 answers {code}; check the function's role and the bucket's policy")


def _twice(read: Callable[[], T]) -> T:
    try:
        return read()
    except DamagedObjectError:
        return read()


def _rewound(file: IO[bytes]) -> IO[bytes]:
    file.seek(0)
    return file
