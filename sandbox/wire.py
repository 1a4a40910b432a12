"""Reads HTTP/1.1 requests from a connection and writes answers to it."""

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedIOBase

from sandbox.messages import Delivery, Response

LINE_LIMIT = 128 * 1024
HEADER_LIMIT = 200
BODY_LIMIT = 256 * 1024 * 1024
DRIP_BYTES = 16
PHRASES = {status.value: status.phrase for status in HTTPStatus}


class BadRequestError(Exception):
    """The bytes on the connection are not an HTTP/1.1 request."""


@dataclass
class Head:
    method: str
    target: str
    version: str
    headers: dict[str, str]

    @property
    def keeps_alive(self) -> bool:
        wish = self.headers.get("connection", "").lower()
        return wish != "close" if self.version == "HTTP/1.1" else wish == "keep-alive"


def read_head(stream: BufferedIOBase) -> Head | None:
    """Read the request line and the headers; None when the client is done."""
    line = _line(stream)
    while line == b"\r\n":
        line = _line(stream)
    if not line:
        return None
    try:
        method, target, version = line.decode("ascii").split()
    except ValueError as error:
        raise BadRequestError("malformed request line") from error
    return Head(method, target, version, _headers(stream))


def read_body(stream: BufferedIOBase, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return b"".join(_chunks(stream))
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_LIMIT:
        raise BadRequestError("bad Content-Length")
    return _exactly(stream, int(length))


def write(connection: socket.socket, head: Head, response: Response, date: str) -> bool:
    """Send the answer in the way it asks for; True if the connection can go on."""
    if response.delivery is Delivery.NONE:
        time.sleep(response.pause)
        return False
    keeps_alive = head.keeps_alive and response.delivery in (Delivery.WHOLE, Delivery.DRIP)
    if isinstance(response.body, bytes):
        lead = _lead(response, date, keeps_alive, f"Content-Length: {len(response.body)}")
        _send(connection, lead, b"" if head.method == "HEAD" else response.body, response)
    else:
        _stream(connection, _lead(response, date, keeps_alive, "Transfer-Encoding: chunked"), response.body)
    return keeps_alive


def _line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(LINE_LIMIT + 1)
    if len(line) > LINE_LIMIT:
        raise BadRequestError("line too long")
    return line


def _headers(stream: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(HEADER_LIMIT):
        line = _line(stream)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, text = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequestError("malformed header")
        headers[name.strip().lower()] = text.strip()
    raise BadRequestError("too many headers")


def _exactly(stream: BufferedIOBase, size: int) -> bytes:
    body = stream.read(size)
    if len(body) < size:
        raise BadRequestError("the client closed before the end of its body")
    return body


def _chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    total = 0
    while size := _chunk_size(stream):
        total += size
        if total > BODY_LIMIT:
            raise BadRequestError("body too large")
        yield _exactly(stream, size)
        _line(stream)
    while _line(stream) not in (b"\r\n", b"\n", b""):
        continue


def _chunk_size(stream: BufferedIOBase) -> int:
    try:
        return int(_line(stream).split(b";")[0], 16)
    except ValueError as error:
        raise BadRequestError("malformed chunk") from error


def _lead(response: Response, date: str, keeps_alive: bool, framing: str) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {PHRASES.get(response.status, 'Unknown')}", f"Date: {date}", framing]
    if response.content_type:
        lines.append(f"Content-Type: {response.content_type}")
    lines += [f"{name}: {text}" for name, text in response.headers.items()]
    lines.append("Connection: keep-alive" if keeps_alive else "Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _send(connection: socket.socket, lead: bytes, body: bytes, response: Response) -> None:
    if response.delivery is Delivery.WHOLE:
        connection.sendall(lead + body)
    elif response.delivery is Delivery.DRIP:
        connection.sendall(lead)
        _drip(connection, body, response.pause)
    else:
        connection.sendall(lead + body[: len(body) // 2])
        if response.delivery is Delivery.CUT:
            _reset_on_close(connection)


def _drip(connection: socket.socket, body: bytes, pause: float) -> None:
    for start in range(0, len(body), DRIP_BYTES):
        connection.sendall(body[start : start + DRIP_BYTES])
        time.sleep(pause)


def _reset_on_close(connection: socket.socket) -> None:
    # The half that was sent must get through before the reset throws away what is still queued.
    time.sleep(0.05)
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _stream(connection: socket.socket, lead: bytes, pieces: Iterator[bytes]) -> None:
    connection.sendall(lead)
    for piece in pieces:
        if piece:
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    connection.sendall(b"0\r\n\r\n")
