"""Sends one request and hands back the undecoded answer: the only place where the network is asked.

urllib3's pools are used as they are (docs/decisions/0501-urllib3-without-requests.md): nothing is followed, repeated
or decoded on the way.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Retry, Timeout
from urllib3.exceptions import HTTPError

from chalicelib.connectors.connector import Request
from chalicelib.connectors.prompt import prompt
from chalicelib.connectors.routes import absolute, manager_for, proxy_for
from chalicelib.errors import RetryableError

FAILURES = (HTTPError, OSError)
_ONCE = Retry(total=False, redirect=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer's head, with its bytes still to be read from `raw`; `headers` are found in any case."""

    url: str = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    raw: BaseHTTPResponse = field(repr=False)

    @property
    def location(self) -> str | None:
        """Where a redirect points to; None for any other answer."""
        return self.raw.get_redirect_location() or None

    def close(self) -> None:
        """Give the connection back: for use again where everything was read, else closed."""
        self.raw.close()
        self.raw.release_conn()


@dataclass(frozen=True, slots=True)
class _Route:
    """How a host is reached; `absolute` where a proxy has to be told whole URLs."""

    pool: HTTPConnectionPool
    absolute: bool


class Wire:
    """One connection's pooled, kept-alive transport; safe to share among threads."""

    def __init__(self, *, connections: int, connect_seconds: float, read_seconds: float, head_seconds: float) -> None:
        self._connections = connections
        self._head_seconds = head_seconds
        self._timeout = Timeout(connect=connect_seconds, read=read_seconds)
        self._routes: dict[str, _Route] = {}

    def send(self, request: Request, url: str, headers: Mapping[str, str]) -> Reply:
        """Send and wait for the answer's head; raises RetryableError where there is none."""
        body, kind = _body(request)
        try:
            route, target = self._route(url)
            answer = route.pool.urlopen(
                request.method,
                _with_params(target, request.params),
                body,
                _merged({**kind, **headers}, request.headers),
                retries=_ONCE,
                redirect=False,
                assert_same_host=False,
                timeout=self._timeout,
                preload_content=False,
                decode_content=False,
            )
        except FAILURES as failed:
            raise unreachable(url, failed) from None
        return Reply(url, answer.status, answer.headers, answer)

    def close(self) -> None:
        """Let the connections go."""
        for route in self._routes.values():
            route.pool.close()

    def _route(self, url: str) -> tuple[_Route, str]:
        """Find the way to a URL's host, looked up once, and what to ask for there."""
        scheme, netloc, path, query, _ = urlsplit(url)
        host = f"{scheme}://{netloc}"
        if host not in self._routes:
            proxy = proxy_for(scheme, netloc)
            pool = manager_for(proxy, self._connections).connection_from_url(host)
            self._routes[host] = _Route(prompt(pool, self._head_seconds), absolute(scheme, proxy))
        route = self._routes[host]
        return route, url if route.absolute else f"{path or '/'}{'?' if query else ''}{query}"


def unreachable(url: str, failed: Exception) -> RetryableError:
    """Name a transport failure without its text, which may hold the URL's secrets."""
    return RetryableError(
        f"{urlsplit(url).hostname} could not be read ({type(failed).__name__}); it will be asked again"
    )


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
