"""The sandbox itself: every vendor on one server, each vendor host a path prefix."""

import gzip
import re
import time
from types import TracebackType
from typing import Self

from sandbox import state
from sandbox.clock import Clock
from sandbox.control import answering
from sandbox.control.call import World
from sandbox.dropbox.vendor import Dropbox
from sandbox.faults import FaultPlan
from sandbox.hubspot.vendor import HubSpot
from sandbox.journal import Entry, Journal
from sandbox.messages import BadBodyError, RefusedError, Request, Response
from sandbox.ranges import sliced
from sandbox.server import Server
from sandbox.settings import Settings
from sandbox.stripe.vendor import Stripe
from sandbox.vendor import AnyVendor

CONTROL = "_sandbox"
SECRET = re.compile(r"((?:access-tokens|refresh-tokens|apitl/1)/|(?:^|&)(?:code|signature|token|authorization)=)[^/&]+")
GZIP_FROM = 512  # bytes; below that a content coding costs more than it saves


class Sandbox:
    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.clock = Clock(self.settings.start)
        vendors = (Stripe, HubSpot, Dropbox)
        self.vendors: dict[str, AnyVendor] = {kind.name: kind(self.settings, self.clock) for kind in vendors}
        self.faults = FaultPlan()
        self.journal = Journal()
        self._hosts = {host: vendor for vendor in self.vendors.values() for host in vendor.hosts}
        self._world = World(self.settings, self.clock, self.vendors, self.faults, self.journal)
        self._server: Server | None = None

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        return f"http://{self._server.address}"

    def start(self) -> str:
        """Load the saved state, if any, serve in the background, and return the base URL."""
        if self.settings.state:
            state.restore(self.settings.state, self.clock, self.vendors)
        self._server = Server(self.settings.host, self.settings.port, self.answer, self.clock.date)
        self._server.start()
        return self.url

    def stop(self) -> None:
        if self._server is None:
            return
        self._server.stop()
        self._server = None
        if self.settings.state:
            state.save(self.settings.state, self.clock, self.vendors)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def answer(self, request: Request) -> Response:
        """Answer one request, whichever host it is for."""
        request.origin = self.settings.public_url.rstrip("/") or request.origin
        host, _, rest = request.path.lstrip("/").partition("/")
        request.host, request.path = host, "/" + rest
        if host == CONTROL:
            return _encode(request, answering.answer(self._world, request))
        vendor = self._hosts.get(host)
        if vendor is None:
            return Response(404, b"no such host: start the path with a vendor's host or with _sandbox\n", "text/plain")
        return _encode(request, self._play(vendor, request))

    def _play(self, vendor: AnyVendor, request: Request) -> Response:
        if vendor.settings.latency:
            time.sleep(vendor.settings.latency)
        fault, response = self.faults.run(vendor, request, lambda: _genuine(vendor, request))
        self.journal.write(_entry(vendor, request, response, fault))
        return response


def _entry(vendor: AnyVendor, request: Request, response: Response, fault: str) -> Entry:
    return Entry(
        time=request.arrived,
        seconds=time.time() - request.arrived,
        vendor=vendor.name,
        method=request.method,
        path=_harmless(f"/{request.host}{request.path}"),
        query=_harmless(request.query),
        status=response.status,
        account=vendor.account_of(request),
        fault=fault,
        sent=len(response.body) if isinstance(response.body, bytes) else 0,
    )


def _genuine(vendor: AnyVendor, request: Request) -> Response:
    try:
        response = vendor.answer(request)
    except RefusedError as refused:
        response = refused.response
    except BadBodyError as error:
        response = Response(400, f"Error: the request body is malformed: {error}".encode(), "text/plain")
    if isinstance(response.body, bytes) and response.content_type.startswith("application/json"):
        response.body = vendor.localize(response.body, request)
    return sliced(request, response)


def _harmless(text: str) -> str:
    """Blot out tokens, codes and signatures in a path or a query."""
    return SECRET.sub(r"\1***", text)


def _encode(request: Request, response: Response) -> Response:
    """Compress an answer for a client that takes gzip."""
    wanted = "gzip" in request.headers.get("accept-encoding", "") and not response.encoded
    textual = response.content_type.startswith(("application/json", "text/"))
    if wanted and textual and isinstance(response.body, bytes) and len(response.body) >= GZIP_FROM:
        response.body = gzip.compress(response.body, 1, mtime=0)
        response.headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return response
