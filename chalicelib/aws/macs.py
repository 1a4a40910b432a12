"""Message authentication codes (KMS): made and checked where the key is, which nobody can read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.aws.failures import is_transient
from chalicelib.errors import FatalError
from chalicelib.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_INVALID = "KMSInvalidMacException"


@dataclass(frozen=True, slots=True)
class KmsMacs:
    """HMAC-SHA-256 codes by one KMS key, over messages of at most 4096 bytes.

    `client` makes the client with the first use: most workers neither make nor check a code. Raises FatalError where
    the key cannot be used, which is never the same as a code that is wrong.
    """

    client: "Callable[[], KMSClient]"
    key_id: str

    def make(self, message: bytes) -> bytes:
        """Make a message's code."""
        with self._told():
            answer = self.client().generate_mac(KeyId=self.key_id, MacAlgorithm="HMAC_SHA_256", Message=message)
        return answer["Mac"]

    def holds(self, message: bytes, mac: bytes) -> bool:
        """Tell whether a code is this message's."""
        try:
            with self._told():
                self.client().verify_mac(KeyId=self.key_id, MacAlgorithm="HMAC_SHA_256", Message=message, Mac=mac)
        except self.client().exceptions.KMSInvalidMacException:
            return False
        return True

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code == _INVALID or is_transient(error):
                raise
            logger.error("the key of the manifests cannot be used", key=self.key_id, said=str(error))
            raise FatalError(
                f"the key of the manifests cannot be used ({code}): an operator enables it or mends the function's role"
            ) from error
