"""How much an answer can hold: bytes as they go out, not as they are stored."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from chalicelib.errors import TooLargeError

# A Lambda's answer may have 6 MB; its headers and the cursor need some of it.
MOST_BYTES = 5 * 1024 * 1024

T = TypeVar("T")


def fitting(found: Sequence[T], weight: Callable[[T], int]) -> Sequence[T]:
    """Keep as many from the first on as an answer can hold; raises TooLargeError where it cannot hold the first."""
    total = 0
    for number, one in enumerate(found):
        total += weight(one)
        if total > MOST_BYTES:
            if not number:
                raise TooLargeError("a record is larger than an answer may be; read it from its part in the archive")
            return found[:number]
    return found


def outgoing(written: bytes) -> int:
    """Tell how many bytes a piece of JSON has in a Lambda's answer: text within JSON, of which some is escaped."""
    return len(written) + sum(map(written.count, (b'"', b"\\", b"\t")))


def outgoing_text(*texts: object) -> int:
    """Tell the same of what is written around the vendor's bytes, such as keys."""
    return outgoing(msgspec.json.encode(texts))
