"""Connections on which the head of an answer must have come by a time, however slowly it drips.

A socket's own time-out begins anew with every byte: at a byte a second, a head could take days.
"""

import time
from functools import partial
from http.client import HTTPResponse
from io import BufferedReader
from typing import Any, cast

from urllib3 import HTTPConnectionPool


class _Lines:
    """Reads lines off a stream; raises TimeoutError once it is too late for more."""

    def __init__(self, stream: BufferedReader, seconds: float) -> None:
        self._stream = stream
        self._until = time.monotonic() + seconds

    def readline(self, limit: int) -> bytes:
        """Read a line of at most so many bytes, with a look at the clock after each packet."""
        line = b""
        while not line.endswith(b"\n") and len(line) < limit and (there := self._stream.peek(1)):
            line += self._stream.readline(min(len(there), limit - len(line)))
            if time.monotonic() > self._until:
                raise TimeoutError("the head of the answer is still incomplete")
        return line

    def close(self) -> None:
        self._stream.close()


class _PromptResponse(HTTPResponse):
    """A response whose head must have come within some seconds."""

    fp: Any

    def __init__(self, seconds: float, *args: Any, **more: Any) -> None:  # noqa: ANN401  http.client's own
        super().__init__(*args, **more)
        self._seconds = seconds

    def begin(self) -> None:
        """Read the head."""
        stream = self.fp
        self.fp = _Lines(stream, self._seconds)
        try:
            super().begin()
        finally:
            if self.fp is not None:
                self.fp = stream


def prompt(pool: HTTPConnectionPool, seconds: float) -> HTTPConnectionPool:
    """Give a pool's connections so many seconds for the head of each answer."""
    kind = type("PromptConnection", (pool.ConnectionCls,), {"response_class": partial(_PromptResponse, seconds)})
    pool.ConnectionCls = cast("Any", kind)
    return pool
