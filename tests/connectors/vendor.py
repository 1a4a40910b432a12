"""A vendor on the local machine that answers as it is told, byte for byte, and remembers what it was asked."""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    params: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def param(self, name: str) -> str | None:
        return self.params.get(name, [None])[0]


@dataclass(frozen=True)
class Told:
    """An answer as it goes onto the wire; `cut` closes the connection after so many bytes of the body."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = -1
    cut: bool = False
    drip: bool = False
    chunked: bool = False

    def raw(self) -> bytes:
        headers = {"Content-Type": "application/json", "Date": "Fri, 02 Jan 2026 03:04:05 GMT", **self.headers}
        length = len(self.body) if self.length == -1 else self.length
        if self.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif length is not None:
            headers["Content-Length"] = str(length)
        else:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {self.status} x", *(f"{name}: {value}" for name, value in headers.items() if value), "", ""]
        return "\r\n".join(lines).encode() + (self._chunks() if self.chunked else self.body)

    def _chunks(self) -> bytes:
        parts = [self.body[at : at + 7] for at in range(0, len(self.body), 7)]
        return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + (b"" if self.cut else b"0\r\n\r\n")


def page(value: Any, **more: Any) -> Told:
    return Told(json.dumps(value).encode(), **more)


def gzipped(value: bytes, **more: Any) -> Told:
    return Told(value, headers={"Content-Encoding": "gzip", **more.pop("headers", {})}, **more)


def zipped(value: Any) -> bytes:
    return gzip.compress(json.dumps(value).encode())


class Vendor:
    """Listens on loopback; `answer` says what to tell. Give a list to tell one after the other, the last for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.answer: Callable[[Asked], Told] = lambda _asked: Told()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def tell(self, *answers: Told) -> None:
        left = list(answers)
        self.answer = lambda _asked: left.pop(0) if len(left) > 1 else left[0]

    def close(self) -> None:
        if self._listener.fileno() == -1:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb") as stream:
                while asked := _read(stream):
                    self.asked.append(asked)
                    told = self.answer(asked)
                    self._send(connection, told)
                    if told.cut or told.length is None:
                        connection.shutdown(socket.SHUT_RDWR)
                        return
        except OSError:
            return

    def _send(self, connection: socket.socket, told: Told) -> None:
        if not told.drip:
            connection.sendall(told.raw())
            return
        for byte in told.raw():
            connection.sendall(bytes([byte]))
            threading.Event().wait(0.005)


def _read(stream: Any) -> Asked | None:
    line = stream.readline().decode()
    if not line:
        return None
    method, target, _ = line.split()
    headers: dict[str, str] = {}
    while header := stream.readline().decode().strip():
        name, _, value = header.partition(": ")
        headers[name.lower()] = value
    body = stream.read(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    return Asked(method, parts.path, parse_qs(parts.query, keep_blank_values=True), headers, body)
