"""The version of what a job keeps until it has ended: plan, list of files, checkpoints (fragments count their own).

A deployment finds jobs half done. What the version before wrote is read; what a later one wrote is left to that one.
Raise VERSION with any change that this code, or the code before, would not read rightly, and keep the reading of the
version before (docs/decisions/0307).
"""

from typing import TypeVar

import msgspec

from chalicelib.errors import FatalError, RetryableError

VERSION = 1
UNVERSIONED = 0
"""What was written before there were versions; it reads as version 1 does."""

T = TypeVar("T")


class Stamp(msgspec.Struct, frozen=True):
    """As much of a kept object as tells its version."""

    version: int = UNVERSIONED


def decode(body: bytes, kind: type[T], what: str) -> T:
    """Read a kept object; raises RetryableError for a later version's, FatalError for one that cannot be read."""
    try:
        readable(msgspec.json.decode(body, type=Stamp).version, what)
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise FatalError(f"{what} of this job cannot be read ({error}): start the backup again") from error


def readable(version: int, what: str) -> None:
    """Raise RetryableError where a later version has written: another try may meet a worker of that version."""
    if version > VERSION:
        raise RetryableError(
            f"{what} of this job is of version {version}, this worker knows {VERSION}: deploy that version, or start "
            "the backup again"
        )
