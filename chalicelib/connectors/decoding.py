"""Reads a vendor's answer to its last byte, and says so when it has none.

HTTP libraries hide truncation: a gzip stream that stops early is handed on as if it were whole. So the undecoded
bytes are read and counted here, decoded here, and the end of the coding is looked for.
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

from chalicelib.connectors.clock import Clock
from chalicelib.connectors.refusals import PayloadTooLargeError
from chalicelib.errors import RetryableError

PIECE_BYTES = 1024 * 1024
BEGUN_BYTES = 4096
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Stream(Protocol):
    """An answer's undecoded bytes, piece by piece; b"" at the end."""

    def read(self) -> bytes: ...


def chunks(stream: Stream, length: str | None, seconds: float, clock: Clock) -> Iterator[bytes]:
    """Yield the undecoded bytes until the end; raises RetryableError where they end early or take over `seconds`."""
    deadline = clock.monotonic() + seconds
    received = 0
    while chunk := stream.read():
        received += len(chunk)
        if clock.monotonic() > deadline:
            raise RetryableError(f"the answer was still incomplete after {seconds:.0f} s; it will be asked for again")
        yield chunk
    if length is not None and length.isdigit() and received != int(length):
        raise RetryableError(f"the answer ended after {received} of {length} bytes; it will be asked for again")


def decoded(parts: Iterator[bytes], coding: str, most_bytes: int) -> Iterator[bytes]:
    """Undo a content coding.

    Raises RetryableError where the coded stream is broken or stops before its end, PayloadTooLargeError where it
    unpacks to more than `most_bytes`.
    """
    size, begun = 0, b""
    for piece in _undone(parts, coding.strip().lower()):
        size += len(piece)
        if size > most_bytes:
            raise PayloadTooLargeError(
                f"payload_too_large: the answer unpacks to more than {most_bytes} bytes", begun=begun
            )
        if len(begun) < BEGUN_BYTES:
            begun += piece[:BEGUN_BYTES]
        yield piece


def _undone(parts: Iterator[bytes], coding: str) -> Iterator[bytes]:
    if coding in {"", "identity"}:
        return parts
    if coding in _WINDOWS:
        return _inflated(parts, _WINDOWS[coding])
    raise RetryableError(f"the answer came in the content coding {coding!r}, which was not asked for")


def _inflated(parts: Iterator[bytes], window: int) -> Iterator[bytes]:
    inflater = None
    try:
        for part in parts:
            full = False
            while part or full:
                if inflater is None or (inflater.eof and part):
                    inflater = zlib.decompressobj(window)
                piece = inflater.decompress(part, PIECE_BYTES)
                yield piece
                full = len(piece) == PIECE_BYTES and not inflater.eof
                part = inflater.unused_data or inflater.unconsumed_tail  # noqa: PLW2901
    except zlib.error as broken:
        raise RetryableError("the answer's compression is broken; it will be asked for again") from broken
    if inflater is None or not inflater.eof:
        raise RetryableError("the answer's compressed stream stops before its end; it will be asked for again")


def checked_json(body: bytes, content_type: str) -> bytes:
    """Give the body back if it can be JSON in UTF-8; raises RetryableError saying what it is instead."""
    start = body.lstrip()[:1]
    if not start:
        raise RetryableError("the answer is empty; it will be asked for again")
    must_be_data(start, content_type)
    if content_type and not any(word in content_type for word in ("json", "javascript")):
        kind = content_type.partition(";")[0]
        raise RetryableError(f"the answer is {kind} instead of JSON; it will be asked for again")
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as broken:
            raise RetryableError("the answer is not valid UTF-8; it will be asked for again") from broken
    return body


def must_be_data(start: bytes, content_type: str) -> None:
    """Raise RetryableError where an answer is a web page."""
    if start == b"<" or "html" in content_type:
        raise RetryableError("vendor_login_page: the answer is a web page instead of data; it will be asked for again")
