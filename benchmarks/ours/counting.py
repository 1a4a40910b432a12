"""A proxy in front of the local AWS that counts what is asked of each service, and what it would be billed as."""

import math
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_INDEXED = re.compile(rb'"index\d_pk":\s*\{')
_READS = {"GetItem", "Query", "BatchGetItem", "Scan", "TransactGetItems"}
_OWN_HEADERS = {"connection", "transfer-encoding", "content-length"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `S3.PUT`, `DynamoDB.GetItem`, …; `units` are DynamoDB's read or write units, as an upper bound."""

    name: str
    units: int = 0


@dataclass(slots=True)
class Counted:
    """The calls so far; safe to add to from many threads."""

    endpoint: str
    calls: list[Call] = field(default_factory=list)

    def names(self) -> Counter[str]:
        """Count the calls by name."""
        return Counter(call.name for call in self.calls)

    def units(self, *, reading: bool) -> int:
        """Add up DynamoDB's units."""
        return sum(call.units for call in self.calls if (call.name.partition(".")[2] in _READS) == reading)


def named(method: str, target: str | None, path: str) -> str:
    """Name a call by what AWS bills: JSON services say it in a header, S3 is told by its method."""
    if target:
        service, _, operation = target.rpartition(".")
        return f"{service.partition('_')[0]}.{operation}"
    return f"S3.{'LIST' if 'list-type=' in path else method}"


def units(name: str, body: bytes, answer: bytes) -> int:
    """Give the DynamoDB units of a call: 1 KiB per write and index written, 4 KiB per read, twice in a transaction.

    Items are counted as large as their JSON, which is larger than DynamoDB counts them.
    """
    service, _, operation = name.partition(".")
    if service != "DynamoDB":
        return 0
    if operation in _READS:
        return max(1, math.ceil(len(answer) / 4096)) * (2 if operation == "TransactGetItems" else 1)
    indexes = len(_INDEXED.findall(body))
    return max(1, math.ceil(len(body) / 1024)) * (1 + indexes) * (2 if operation == "TransactWriteItems" else 1)


@contextmanager
def counting(endpoint: str) -> Iterator[Counted]:
    """Run a proxy to `endpoint` while the block lasts."""
    counted = Counted("")

    class Forwarder(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            upstream = HTTPConnection(urlsplit(endpoint).netloc, timeout=120)
            upstream.request(self.command, self.path, body, dict(self.headers))
            answer = upstream.getresponse()
            content = answer.read()
            name = named(self.command, self.headers.get("X-Amz-Target"), self.path)
            counted.calls.append(Call(name, units(name, body, content)))
            self.send_response_only(answer.status)
            for header, value in answer.getheaders():
                if header.lower() not in _OWN_HEADERS:
                    self.send_header(header, value)
            length = answer.getheader("Content-Length", "0") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(content)
            upstream.close()

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _forward  # noqa: N815 (http.server's names)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forwarder)
    counted.endpoint = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield counted
    finally:
        server.shutdown()
        server.server_close()
