"""The provider's socket: HTTP/1.1 by hand on an asyncio protocol, so that serving costs far less than reading.

`GET /_/journal` gives the journal, `POST /_/journal` empties it, `POST /_/changes?every=100` changes records.
"""

import asyncio
import gzip
import json
import time
from dataclasses import asdict, dataclass
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from benchmarks.provider.faults import Answer
from benchmarks.provider.vendor import Vendor


@dataclass
class Connection(asyncio.Protocol):
    """One client's connection."""

    vendor: Vendor
    pending: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; asyncio hands a stream transport to a TCP server."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request there is; bodies of our clients' GETs are empty."""
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            head, self.pending = self.pending.split(b"\r\n\r\n", 1)
            self._request(head.decode("latin-1"))

    def _request(self, head: str) -> None:
        method, target, _version = head.split("\r\n", 1)[0].split(" ")
        if target.startswith("/_/"):
            self._send(_control(self.vendor, method, target))
            return
        answer = self.vendor.answer(target, time.monotonic())
        if self.vendor.knobs.gzip and "gzip" in head and "Content-Encoding" not in answer.headers:
            answer.body = gzip.compress(answer.body, 6, mtime=0)
            answer.headers["Content-Encoding"] = "gzip"
        if self.vendor.knobs.latency_seconds:
            asyncio.get_running_loop().call_later(self.vendor.knobs.latency_seconds, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        if answer.cut == -1:
            self.transport.abort()
            return
        self.transport.write(_head(answer) + answer.body[: answer.cut])
        if answer.cut is not None:
            self.transport.close()


def _head(answer: Answer) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Date: {formatdate(usegmt=True)}",
        f"Content-Length: {len(answer.body)}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _control(vendor: Vendor, method: str, target: str) -> Answer:
    url = urlsplit(target)
    body: object = None
    if (method, url.path) == ("GET", "/_/journal"):
        body = [asdict(entry) for entry in vendor.journal]
    elif (method, url.path) == ("POST", "/_/journal"):
        vendor.journal.clear()
        vendor.asked.clear()
    elif (method, url.path) == ("POST", "/_/changes"):
        body = vendor.change(int(parse_qs(url.query)["every"][0]), int(time.time()))
    else:
        return Answer(404, b"null", {})
    return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})


async def serve(vendor: Vendor) -> None:
    """Serve on a free port of the loopback until killed; the port is the first line of standard output."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(vendor), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()
