"""Serves HTTP/1.1 with one thread for each kept-alive connection."""

import contextlib
import logging
import socket
import socketserver
import time
from collections.abc import Callable
from threading import Lock, Thread

from sandbox.messages import Request, Response
from sandbox.wire import BadRequestError, Head, read_body, read_head, write

log = logging.getLogger(__name__)
Answer = Callable[[Request], Response]


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    rbufsize = 64 * 1024
    server: "Server"

    def handle(self) -> None:
        self.server.opened(self.connection)
        with contextlib.suppress(OSError):
            while self._serve_one():
                continue

    def finish(self) -> None:
        self.server.closed(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def _serve_one(self) -> bool:
        try:
            head = read_head(self.rfile)
            return head is not None and self._answer(head)
        except BadRequestError as error:
            head = Head("GET", "/", "HTTP/1.0", {})
            return write(self.connection, head, Response(400, str(error).encode(), "text/plain"), self.server.date())

    def _answer(self, head: Head) -> bool:
        if head.headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        path, _, query = head.target.partition("?")
        origin = f"http://{head.headers.get('host', self.server.address)}"
        body = read_body(self.rfile, head.headers)
        request = Request(head.method, path, query, head.headers, body, "", origin, time.time())
        response = self._response_to(request)
        return write(self.connection, head, response, self.server.date())

    def _response_to(self, request: Request) -> Response:
        try:
            return self.server.answer(request)
        except Exception:
            log.exception("The sandbox itself failed at %s %s", request.method, request.path)
            return Response(500, b"the sandbox itself failed; its log says why\n", "text/plain")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, host: str, port: int, answer: Answer, date: Callable[[], str]) -> None:
        super().__init__((host, port), Connection)
        self.answer = answer
        self.date = date
        self.address = "{}:{}".format(*self.server_address[:2])
        self._open: set[socket.socket] = set()
        self._guard = Lock()

    def start(self) -> None:
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening and hang up on every client."""
        self.shutdown()
        self.server_close()
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def opened(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.discard(connection)
