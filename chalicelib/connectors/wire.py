"""Sends one request and hands back the undecoded answer: the only place where `requests` is called.

Requests are prepared by hand and go straight to the transport: a `Session.send` costs more than the rest of a page.
"""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from chalicelib.connectors.connector import Request
from chalicelib.connectors.decoding import Stream
from chalicelib.errors import RetryableError

FAILURES = (requests.RequestException, HTTPError, OSError)


class Wire:
    """One connection's pooled, kept-alive transport; safe to share among threads."""

    def __init__(self, *, connections: int, connect_seconds: float, read_seconds: float) -> None:
        self._session = requests.Session()
        self._timeout = (connect_seconds, read_seconds)
        self._environment: dict[str, Any] = {}
        self._adapter = HTTPAdapter(pool_connections=connections, pool_maxsize=connections)

    def send(self, request: Request, url: str, headers: Mapping[str, str]) -> requests.Response:
        """Send and wait for the answer's head; raises RetryableError where there is none."""
        prepared = _prepared(request, url, headers)
        try:
            return self._adapter.send(prepared, stream=True, timeout=self._timeout, **self._settings(url))
        except FAILURES as failed:
            raise unreachable(url, failed) from None

    def close(self) -> None:
        """Let the connections go."""
        self._adapter.close()
        self._session.close()

    def _settings(self, url: str) -> dict[str, Any]:
        """Give the environment's proxies and certificates for a host, looked up once."""
        host = urlsplit(url).netloc
        if host not in self._environment:
            found = self._session.merge_environment_settings(url, {}, True, None, None)
            self._environment[host] = {name: found[name] for name in ("proxies", "verify", "cert")}
        return cast("dict[str, Any]", self._environment[host])


def unreachable(url: str, failed: Exception) -> RetryableError:
    """Name a transport failure without its text, which may hold the URL's secrets."""
    return RetryableError(
        f"{urlsplit(url).hostname} could not be read ({type(failed).__name__}); it will be asked again"
    )


def raw(response: requests.Response) -> Stream:
    """Give the response's undecoded bytes."""
    return cast("Stream", response.raw)


def _prepared(request: Request, url: str, headers: Mapping[str, str]) -> requests.PreparedRequest:
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = _with_params(url, request.params)
    prepared.headers = CaseInsensitiveDict(headers)
    prepared.headers.update(request.headers)
    prepared.body, kind = _body(request)
    if kind:
        prepared.headers.setdefault("Content-Type", kind)
    if prepared.body is not None:
        prepared.headers["Content-Length"] = str(len(prepared.body))
    elif request.method != "GET":
        prepared.headers["Content-Length"] = "0"
    return prepared


def _with_params(url: str, params: Mapping[str, Any]) -> str:
    if not params:
        return url
    query = urlencode([(name, _text(value)) for name, many in params.items() for value in _each(many)])
    return f"{url}{'&' if '?' in url else '?'}{query}"


def _each(value: Any) -> list[Any]:  # noqa: ANN401
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:  # noqa: ANN401
    return str(value).lower() if isinstance(value, bool) else str(value)


def _body(request: Request) -> tuple[bytes | None, str]:
    if request.form is not None:
        return urlencode(dict(request.form), doseq=True).encode(), "application/x-www-form-urlencoded"
    if isinstance(request.body, bytes):
        return request.body, ""
    if request.body is not None:
        return json.dumps(request.body, separators=(",", ":")).encode(), "application/json"
    return None, ""
