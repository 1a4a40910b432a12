"""A line to a vendor: libcurl's connections, on which one request at a time is sent and its answer read as it comes."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pycurl

CHUNK_BYTES = 256 * 1024
_LOOK_SECONDS = 1.0
_NAMES = {getattr(pycurl, f"E_{name}"): name for name in (
    "UNSUPPORTED_PROTOCOL", "URL_MALFORMAT", "COULDNT_RESOLVE_PROXY", "COULDNT_RESOLVE_HOST", "COULDNT_CONNECT",
    "PARTIAL_FILE", "OPERATION_TIMEDOUT", "SSL_CONNECT_ERROR", "GOT_NOTHING", "SEND_ERROR", "RECV_ERROR",
    "PEER_FAILED_VERIFICATION", "SSL_CACERT_BADFILE",
)}  # fmt: skip
Options = Sequence[tuple[int, Any]]


class LineError(OSError):
    """What libcurl calls a failure of the transport, such as COULDNT_CONNECT; its text could hold a URL's secrets."""


class Headers(Mapping[str, str]):
    """An answer's headers, found in any case; those of one name are joined by commas."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._texts: dict[str, str] = {}
        for name, text in fields:
            before = self._texts.get(name.lower())
            self._texts[name.lower()] = text if before is None else f"{before}, {text}"

    def __getitem__(self, name: str) -> str:
        return self._texts[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@dataclass(slots=True)
class Line:
    """Sends and reads without blocking other threads; used by one at a time.

    Connections are kept between requests. `idle_seconds` without a byte are a failure, and so are `head_seconds` until
    the first byte of the body: at a byte a second, a head could take days.
    """

    idle_seconds: float
    head_seconds: float
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    _curl: pycurl.Curl = field(default_factory=pycurl.Curl)
    _multi: pycurl.CurlMulti = field(default_factory=pycurl.CurlMulti)
    _pieces: list[bytes] = field(default_factory=list)
    _open: bool = False
    _failed: str = ""
    _heard: float = 0.0
    _until: float = 0.0

    def send(self, options: Options) -> None:
        """Send a request and wait for the answer's head; raises LineError where there is none.

        What fails after the head is raised by `read`, once all that came before it was given.
        """
        self._curl.reset()
        for option, value in options:
            self._curl.setopt(option, value)
        self._curl.setopt(pycurl.HEADERFUNCTION, self._header)
        self._curl.setopt(pycurl.WRITEFUNCTION, self._piece)
        self._failed, self._open, self._heard = "", True, time.monotonic()
        self._until = self._heard + self.head_seconds
        self._pieces.clear()
        self._multi.add_handle(self._curl)
        self._listen()
        self._until = math.inf
        self.status = self._curl.getinfo(pycurl.RESPONSE_CODE)
        if self._failed and not self.status:
            raise LineError(self._failed)

    def read(self) -> bytes:
        """Give the next undecoded bytes of the answer's body, b"" at its end; raises LineError where it breaks off."""
        self._listen()
        if self._failed and not self._pieces:
            raise LineError(self._failed)
        return self._pieces.pop(0) if self._pieces else b""

    def hang_up(self) -> None:
        """Be done with the answer: what was not read of it is not waited for."""
        if self._open:
            self._end()

    def close(self) -> None:
        """Let the connections go."""
        self.hang_up()
        self._multi.close()
        self._curl.close()

    def _listen(self) -> None:
        """Wait for a piece of the body, or its end; the head has come with either."""
        while self._open and not self._pieces:
            self._go_on()

    def _go_on(self) -> None:
        _, busy = self._multi.perform()
        if not busy:
            for _, code, _ in self._multi.info_read()[2]:
                self._failed = _NAMES.get(code, f"curl error {code}")
            self._end()
        elif not self._pieces:
            self._multi.select(min(_LOOK_SECONDS, self.idle_seconds))
            now = time.monotonic()
            if now - self._heard > self.idle_seconds or now > self._until:
                self._failed = "OPERATION_TIMEDOUT"
                self._end()

    def _end(self) -> None:
        self._open = False
        self._multi.remove_handle(self._curl)

    def _header(self, line: bytes) -> None:
        """Take a line of the head; that of an interim answer, or of a proxy's, is forgotten with the next one."""
        self._heard = time.monotonic()
        if line.startswith(b"HTTP/"):
            self.headers = []
        elif told := line.strip():
            name, _, text = told.decode("latin-1").partition(":")
            self.headers.append((name, text.strip()))

    def _piece(self, piece: bytes) -> None:
        self._heard = time.monotonic()
        self._pieces.append(piece)
