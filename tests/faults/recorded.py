"""A vendor of a few recorded answers, the same on every day: what a job of yesterday's version was reading."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

PAGE = 100
LINKS = [{"id": f"plink_{number:03d}", "active": True, "url": f"https://buy.test/{number}"} for number in range(250)]
FILES = [
    {"id": f"file_{number}", "created": 1_700_000_000 + number, "size": 9, "url": f"https://files.test/{number}"}
    for number in range(3)
]


@dataclass
class Recorded:
    """Answers Stripe's lists of payment links and files, and contents; `asked` is what it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> bytes:
        self.asked.append(path)
        asked = urlsplit(path)
        if asked.path.endswith("/contents"):
            return content_of(asked.path.split("/")[-2])
        rows = LINKS if asked.path.endswith("/payment_links") else FILES
        after = parse_qs(asked.query).get("starting_after", [""])[0]
        begin = next((number + 1 for number, row in enumerate(rows) if row["id"] == after), 0)
        page = {"object": "list", "has_more": begin + PAGE < len(rows), "data": rows[begin : begin + PAGE]}
        return json.dumps(page).encode()


def content_of(file: str) -> bytes:
    return f"of {file}".encode().ljust(9)


@contextmanager
def recorded() -> Iterator[Recorded]:
    """Listen."""
    vendor = Recorded()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            body = vendor.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield vendor
    server.shutdown()
    server.server_close()
