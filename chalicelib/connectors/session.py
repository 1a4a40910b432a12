"""A connection's session with its vendor: paced, authorised, checked, retried."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from statistics import median
from threading import Lock
from typing import Any, Self, TypeVar
from urllib.parse import urljoin

from chalicelib.connectors import decoding
from chalicelib.connectors.allotment import Crowd, allotted, alone
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Answer, Connector, Request
from chalicelib.connectors.hosts import hosts_of
from chalicelib.connectors.limits import counted
from chalicelib.connectors.notices import notice_of
from chalicelib.connectors.pacing import Pacer, Patience, usual_patience
from chalicelib.connectors.refusals import http_date, refused, retry_after
from chalicelib.connectors.turns import wait_for_all
from chalicelib.connectors.wire import FAILURES, Reply, Wire, unreachable
from chalicelib.errors import FatalError, ReauthorizeError, RetryableError, SkippableError
from chalicelib.telemetry import count, logger

ATTEMPTS = 5
PATIENCE_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.5
REDIRECTS = 3
TOO_MANY = 429
LATENCIES = 99
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "listbackup/1"}
_FILE_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "listbackup/1"}

T = TypeVar("T")
_dated = lru_cache(maxsize=8)(http_date)


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where a session's credentials come from.

    `headers` gives those to use now; `renew` is called once a request with them was answered 401, and raises
    ReauthorizeError where there are no better ones. `tenant` names the vendor's account (`Connector.tenant`).
    """

    headers: Callable[[], Mapping[str, str]]
    renew: Callable[[], None]
    tenant: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long an answer may take and how much it may unpack to.

    `connect_seconds` may pass until there is a connection, `read_seconds` without a byte, the others in all: for the
    head, for a page's body, for a file's.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    page_seconds: float = 120.0
    file_seconds: float = 780.0
    page_bytes: int = 96 * 1024**2
    file_bytes: int = 64 * 1024**3
    head_seconds: float = 60.0


class VendorSession:
    """Asks one vendor for one connection. Safe to share among threads; `requests` counts what was sent.

    `share` is the part of each of the vendor's limits that this session may use, `before` the requests of others that
    count against them, `patience` how long a turn may be waited for (`Pacer`); `crowd` counts those who use our client
    at the vendor (`Allotment`). `stand_ins` send a vendor's host elsewhere; `notify` is told, once each, what the
    vendor announces.
    """

    def __init__(
        self,
        connector: Connector,
        authorization: Authorization,
        *,
        stand_ins: Mapping[str, str] | None = None,
        share: float = 1.0,
        before: Sequence[float] = (),
        patience: Patience = usual_patience,
        crowd: Crowd = alone,
        clock: Clock | None = None,
        bounds: Bounds | None = None,
        notify: Callable[[str], None] | None = None,
    ) -> None:
        self.requests = 0
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self._connector = connector
        self._authorization = authorization
        self._clock = clock or Clock()
        self._hosts = hosts_of(connector, authorization.tenant, stand_ins or {})
        self._allotment = allotted(share, connector.limits.values(), crowd, self._clock)
        self._pacers = {
            name: Pacer(limit, self._allotment.of(limit), self._clock, before, patience)
            for name, limit in connector.limits.items()
        }
        self._bounds = bounds or Bounds()
        self._wire = Wire(
            connect_seconds=self._bounds.connect_seconds,
            read_seconds=self._bounds.read_seconds,
            head_seconds=self._bounds.head_seconds,
        )
        self._lock = Lock()
        self._notify = notify
        self._noticed: set[str] = set()

    def fetch(self, request: Request) -> Answer:
        """Ask, and again where that may help; raises a BackupError for anything but a whole good answer."""
        return self._persist(request, self._answer)

    def download(self, request: Request) -> tuple[Mapping[str, str], Iterator[bytes]]:
        """Ask for a file: the vendor's headers, then its bytes. What goes wrong among the bytes is raised there."""
        return self._persist(request, self._file)

    def beside(self) -> Self:
        """Give the same session with a count of its own, for one of several who use it."""
        other = copy(self)
        other.requests = 0
        return other

    def recent(self) -> list[float]:
        """List the requests that still count against the limit that is used most, each by the seconds since."""
        return max((pacer.recent() for pacer in self._pacers.values()), key=len)

    def latency_seconds(self) -> float | None:
        """Tell how long the vendor takes to begin an answer, by the median of late; None before the first."""
        return median(self._latencies) if self._latencies else None

    def take_share(self, share: float) -> None:
        """Use another part of each of the vendor's limits from now on."""
        self._allotment.share = share
        for name, pacer in self._pacers.items():
            pacer.take_share(self._allotment.of(self._connector.limits[name]))

    def close(self) -> None:
        """Let the connections go."""
        self._wire.close()

    def _persist(self, request: Request, once: Callable[[Request, Mapping[str, str]], T]) -> T:
        """Try until it succeeds, the error is not one that passes, or patience ends."""
        patience, attempt, renewed = PATIENCE_SECONDS, 1, False
        while True:
            credentials = self._authorization.headers() if request.authorized else {}
            try:
                return once(request, credentials)
            except ReauthorizeError:
                if renewed or not request.authorized:
                    raise
                renewed = True
                self._renew(credentials)
            except RetryableError as failed:
                pause = self._pause(failed, attempt)
                if attempt == ATTEMPTS or pause > patience:
                    raise
                patience, attempt = patience - pause, attempt + 1
                self._clock.sleep(pause)

    def _pause(self, failed: RetryableError, attempt: int) -> float:
        """Choose how long to wait: what the vendor said, else exponentially more, at random."""
        chance = self._clock.jitter()
        if failed.after_seconds is not None:
            return failed.after_seconds + chance * FIRST_WAIT_SECONDS
        return chance * FIRST_WAIT_SECONDS * float(2**attempt)

    def _renew(self, refused_credentials: Mapping[str, str]) -> None:
        """Renew the credentials, unless another thread has done so since these were taken."""
        with self._lock:
            if self._authorization.headers() == refused_credentials:
                self._authorization.renew()

    def _answer(self, request: Request, credentials: Mapping[str, str]) -> Answer:
        reply = self._send(request, {**_HEADERS, **credentials})
        body = self._body(reply)
        self._judge(request, reply, body)
        self._notice(notice_of(request, credentials, reply.headers))
        kind = reply.headers.get("Content-Type", "")
        if request.lines:
            decoding.must_be_data(body[:1], kind)
        elif body or not request.bare:
            decoding.checked_json(body, kind)
        return Answer(body, self._told_time(reply.headers), reply.headers)

    def _file(self, request: Request, credentials: Mapping[str, str]) -> tuple[Mapping[str, str], Iterator[bytes]]:
        reply = self._send(request, {**_FILE_HEADERS, **credentials})
        for _ in range(REDIRECTS):
            if not reply.location:
                break
            request = _redirected(request, reply)
            reply.close()
            reply = self._send(request, _FILE_HEADERS)
        if reply.status >= 300:
            self._judge_file(request, reply)
        self._learn(request, reply, b"")
        return reply.headers, self._pieces(reply, self._bounds.file_seconds, self._bounds.file_bytes)

    def _send(self, request: Request, headers: Mapping[str, str]) -> Reply:
        url = self._hosts.url(request)
        if self._allotment.has_changed():
            self.take_share(self._allotment.share)
        names = counted(self._connector.limits, request.limit)
        wait_for_all([self._pacers[name] for name in names], request.cost)
        with self._lock:
            self.requests += 1
        count("Requests")
        sent = self._clock.monotonic()
        reply = self._wire.send(request, url, headers)
        self._latencies.append(self._clock.monotonic() - sent)
        return reply

    def _body(self, reply: Reply) -> bytes:
        return b"".join(self._pieces(reply, self._bounds.page_seconds, self._bounds.page_bytes))

    def _pieces(self, reply: Reply, seconds: float, most_bytes: int) -> Iterator[bytes]:
        """Read and decode an answer's bytes; the connection goes back to the pool only when all were read."""
        headers = reply.headers
        try:
            coded = decoding.chunks(reply.raw, headers.get("Content-Length"), seconds, self._clock)
            yield from decoding.decoded(coded, headers.get("Content-Encoding", ""), most_bytes)
        except FAILURES as failed:
            raise unreachable(reply.url, failed) from None
        finally:
            reply.close()

    def _judge(self, request: Request, reply: Reply, body: bytes) -> None:
        """Raise the error behind an answer, if there is one; the limit's pacer learns from it either way."""
        status, headers = reply.status, reply.headers
        error = self._connector.refusal(status, headers, body) or refused(status, headers, self._told_time(headers))
        self._learn(request, reply, body)
        if isinstance(error, RetryableError):
            self._slow_down(request, status, error, headers)
        if error is not None:
            raise error

    def _judge_file(self, request: Request, reply: Reply) -> None:
        """Raise the error behind a refused download; a bare 403 is about the file, not about the stream."""
        body = self._body(reply)
        if reply.status == 403 and self._connector.refusal(403, reply.headers, body) is None:
            raise SkippableError("the vendor answered 403: the connection may not have this file")
        self._judge(request, reply, body)

    def _slow_down(self, request: Request, status: int, error: RetryableError, headers: Mapping[str, str]) -> None:
        if error.after_seconds is None:
            error.after_seconds = retry_after(headers, self._told_time(headers))
        if status == TOO_MANY:
            count("RateLimited")
        if status < 500:
            self._pacers[request.limit].refused(error.after_seconds or 0.0)

    def _told_time(self, headers: Mapping[str, str]) -> datetime:
        """Tell the time by the vendor's clock, to which its dates refer; by our own where it does not say."""
        return _dated(headers.get("Date")) or self._clock.now()

    def _notice(self, notice: str | None) -> None:
        """Make known what the vendor announces, once."""
        if notice is None:
            return
        with self._lock:
            if notice in self._noticed:
                return
            self._noticed.add(notice)
        logger.warning("the vendor announces a change", extra={"platform": self._connector.name, "notice": notice})
        if self._notify is not None:
            self._notify(notice)

    def _learn(self, request: Request, reply: Reply, body: bytes) -> None:
        quota = self._connector.quota(reply.headers, body)
        of = quota and (quota.of or request.limit)
        for name in counted(self._connector.limits, request.limit):
            self._pacers[name].answered(quota if name == of else None)


def _redirected(request: Request, reply: Reply) -> Request:
    """Follow a download to where the vendor keeps the file, leaving the credentials behind."""
    try:
        path = urljoin(reply.url, reply.location or "")
    except ValueError as odd:
        raise FatalError("the vendor pointed to what is no address; not followed") from odd
    return Request(path, limit=request.limit, authorized=False)
