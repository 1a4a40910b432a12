"""The edge of a worker: every call it makes to AWS or to a vendor passes here, and here it can be killed.

A call that is struck has had its effect outside; its answer is lost, and so is the worker. Of a call that is lost only
the answer is.
"""

import http.client
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlsplit


@dataclass
class Edge:
    """Forwards to an address; of each call that had its effect, `strike` and `lose` are asked whether it is theirs."""

    upstream: str
    strike: Callable[[str, str], bool] = lambda _method, _what: False
    lose: Callable[[str, str], bool] = lambda _method, _what: False
    calls: list[str] = field(default_factory=list)
    pid: int = 0
    _lock: Lock = field(default_factory=Lock)

    def start(self) -> str:
        """Listen; give the address."""
        edge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

            def _forward(self) -> None:
                edge.forward(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _forward  # noqa: N815  http.server looks for these

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forward(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        there = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(str(there.hostname), there.port, timeout=60)
        connection.request(asked.command, asked.path, body, dict(asked.headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        what = f"{asked.command} {asked.headers.get('X-Amz-Target', '')} {asked.path}"
        with self._lock:
            self.calls.append(what)
            struck = self.strike(asked.command, what)
        if struck:
            os.kill(self.pid, signal.SIGKILL)
        if struck or self.lose(asked.command, what):
            asked.close_connection = True
            return
        _answer(asked, answer, content)


def _answer(asked: BaseHTTPRequestHandler, answer: http.client.HTTPResponse, content: bytes) -> None:
    asked.send_response_only(answer.status)
    for name, value in answer.getheaders():
        if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
            asked.send_header(name, value)
    length = answer.getheader("Content-Length") if asked.command == "HEAD" else str(len(content))
    asked.send_header("Content-Length", length or "0")
    asked.end_headers()
    asked.wfile.write(content)
