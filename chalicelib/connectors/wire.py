"""Sends one request and hands back the undecoded answer: the only place where the network is asked.

libcurl is used as it is (docs/decisions/0501-vendors-are-asked-through-libcurl.md): nothing is followed, repeated or
decoded on the way.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pycurl

from chalicelib.connectors.calls import Request
from chalicelib.connectors.line import CHUNK_BYTES, Headers, Line, LineError, Options
from chalicelib.connectors.routes import route
from chalicelib.errors import FatalError, RetryableError

FAILURES = (LineError,)
_REDIRECTS = {301, 302, 303, 307, 308}
_AS_WRITTEN = "%/:=&?~#+!$,;'@()*[]-._"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer's head, with its bytes still to be read from `raw`; `headers` are found in any case."""

    url: str = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    raw: Line = field(repr=False)
    wire: "Wire" = field(repr=False)

    @property
    def location(self) -> str | None:
        """Where a redirect points to; None for any other answer."""
        return self.headers.get("Location") if self.status in _REDIRECTS else None

    def close(self) -> None:
        """Give the line back; a connection on which not everything was read is not used again."""
        self.wire.take_back(self.raw)


class Wire:
    """One connection's kept-alive transport; safe to share among threads, each of which gets a line of its own."""

    def __init__(self, *, connect_seconds: float, read_seconds: float, head_seconds: float) -> None:
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._head_seconds = head_seconds
        self._free: list[Line] = []
        self._routes: dict[str, Options] = {}

    def send(self, request: Request, url: str, headers: Mapping[str, str]) -> Reply:
        """Send and wait for the answer's head; raises RetryableError where there is none."""
        body, kind = _body(request)
        asked = _written(_with_params(url, request.params))
        sent = _head(_merged({**kind, **headers}, request.headers))
        line = self._free.pop() if self._free else Line(self._read_seconds, self._head_seconds)
        try:
            line.send([*self._common(asked), *_asking(request.method, asked, sent, body)])
        except FAILURES as failed:
            self.take_back(line)
            raise unreachable(url, failed) from None
        return Reply(url, line.status, Headers(line.headers), line, self)

    def take_back(self, line: Line) -> None:
        """Keep a line for the next request."""
        line.hang_up()
        self._free.append(line)

    def close(self) -> None:
        """Let the connections go."""
        while self._free:
            self._free.pop().close()

    def _common(self, url: str) -> Options:
        """Give what holds for all requests to a URL's host; the way there is looked up once."""
        scheme, netloc, *_ = urlsplit(url)
        host = f"{scheme}://{netloc}"
        if host not in self._routes:
            self._routes[host] = [
                (pycurl.NOSIGNAL, 1),
                (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
                (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
                (pycurl.CONNECTTIMEOUT_MS, int(self._connect_seconds * 1000)),
                (pycurl.BUFFERSIZE, CHUNK_BYTES),
                *route(scheme, netloc),
            ]
        return self._routes[host]


def unreachable(url: str, failed: Exception) -> RetryableError:
    """Name a transport failure without the URL, which may hold secrets."""
    return RetryableError(f"{urlsplit(url).hostname} could not be read ({failed}); it will be asked again")


def _asking(method: str, url: str, headers: list[bytes], body: bytes | None) -> Options:
    sent: Options = [(pycurl.POSTFIELDS, body)] if body is not None else []
    if body is None and method == "POST":
        sent = [(pycurl.POSTFIELDS, b"")]
    return [(pycurl.URL, url), (pycurl.HTTPHEADER, headers), *sent, (pycurl.CUSTOMREQUEST, method)]


def _head(headers: Mapping[str, str]) -> list[bytes]:
    """Write headers; what libcurl would add of its own accord is left out by its empty name."""
    lines = [f"{name}: {text}" for name, text in headers.items()]
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise FatalError("a header would hold a line break; authorize the connection again")
    named = {name.lower() for name in headers}
    lines += [f"{name}:" for name in ("Expect", "Content-Type", "Accept") if name.lower() not in named]
    return [line.encode("latin-1") for line in lines]


def _written(url: str) -> str:
    """Percent-encode what may not stand in a URL as it is, such as a blank or a letter beyond ASCII."""
    return url if url.isascii() and url.isprintable() and " " not in url else quote(url, safe=_AS_WRITTEN)


def _merged(headers: Mapping[str, str], own: Mapping[str, str]) -> Mapping[str, str]:
    """Put a request's own headers in the place of those that are sent with every one."""
    if not own:
        return headers
    replaced = {name.lower() for name in own}
    return {**{name: text for name, text in headers.items() if name.lower() not in replaced}, **own}


def _with_params(url: str, params: Mapping[str, Any]) -> str:
    if not params:
        return url
    query = urlencode([(name, _text(value)) for name, many in params.items() for value in _each(many)])
    return f"{url}{'&' if '?' in url else '?'}{query}"


def _each(value: Any) -> list[Any]:  # noqa: ANN401
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:  # noqa: ANN401
    return str(value).lower() if isinstance(value, bool) else str(value)


def _body(request: Request) -> tuple[bytes | None, Mapping[str, str]]:
    """Write a request's body, and say what it is where the request does not."""
    if request.form is not None:
        form = urlencode(dict(request.form), doseq=True).encode()
        return form, {"Content-Type": "application/x-www-form-urlencoded"}
    if isinstance(request.body, bytes):
        return request.body, {}
    if request.body is not None:
        return json.dumps(request.body, separators=(",", ":")).encode(), {"Content-Type": "application/json"}
    return None, {}
