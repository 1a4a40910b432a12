"""F48: hosts that cannot be reached, or that keep one waiting."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Request
from chalicelib.connectors.session import Bounds
from chalicelib.connectors.wire import Wire
from chalicelib.errors import RetryableError
from tests.connectors.conftest import Opened
from tests.connectors.test_session import CUSTOMERS
from tests.connectors.vendor import Told, Vendor, page

PAGE = Request("/v1/customers")
AT_ONCE = Clock(sleep=lambda _seconds: None)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire(connect_seconds=0.2, read_seconds=0.3, head_seconds=0.3)
    yield wire
    wire.close()


def test_f48_a_host_without_an_address_is_asked_again(wire: Wire) -> None:
    with pytest.raises(RetryableError, match="COULDNT_RESOLVE_HOST"):
        wire.send(PAGE, "http://nowhere.invalid/v1/customers", {})


def test_f48_a_host_that_takes_no_connection_is_asked_again(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as open_ones:
        for _ in range(4):
            waiting = open_ones.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())

        with pytest.raises(RetryableError, match="OPERATION_TIMEDOUT"):
            wire.send(PAGE, f"http://127.0.0.1:{full.getsockname()[1]}/v1/customers", {})


def test_f48_a_host_that_says_nothing_is_asked_again(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(RetryableError, match="OPERATION_TIMEDOUT"):
        wire.send(PAGE, f"http://127.0.0.1:{silent.getsockname()[1]}/v1/customers", {})


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 " + b"O" * 10_000, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 90], ids=["line", "headers"]
)
def test_f48_a_head_that_only_drips_is_given_up(wire: Wire, head: bytes) -> None:
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            for byte in head:
                if stop.wait(0.02):
                    return
                connection.sendall(bytes([byte]))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        started = time.monotonic()

        with pytest.raises(RetryableError, match="OPERATION_TIMEDOUT"):
            wire.send(PAGE, f"http://127.0.0.1:{listener.getsockname()[1]}/v1/customers", {})

        stop.set()
        thread.join()

    assert time.monotonic() - started < len(head) * 0.02


def test_f48_a_body_that_only_drips_is_given_up(open_session: Opened, vendor: Vendor) -> None:
    session = open_session(clock=AT_ONCE, bounds=Bounds(1.0, 1.0, 0.05))
    vendor.tell(page({"data": "x" * 30}, drip=True))

    with pytest.raises(RetryableError, match="incomplete"):
        session.fetch(CUSTOMERS)


def test_f48_a_body_that_stops_coming_is_given_up(open_session: Opened, vendor: Vendor) -> None:
    session = open_session(clock=AT_ONCE, bounds=Bounds(1.0, 0.1, 5.0))
    vendor.tell(Told(b'{"data":[', length=500))

    with pytest.raises(RetryableError, match="could not be read"):
        session.fetch(CUSTOMERS)


def test_f48_a_head_that_comes_in_pieces_is_taken(open_session: Opened, vendor: Vendor) -> None:
    vendor.tell(page({"data": []}, drip=True))

    assert open_session(clock=AT_ONCE).fetch(CUSTOMERS).body == b'{"data": []}'


@pytest.mark.parametrize(
    "head", [b"GARBAGE\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b""], ids=["no HTTP", "no status", "none"]
)
def test_f48_what_is_no_answer_at_all_is_asked_for_again(wire: Wire, head: bytes) -> None:
    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(head)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener,), daemon=True).start()

        with pytest.raises(RetryableError, match="could not be read"):
            wire.send(PAGE, f"http://127.0.0.1:{listener.getsockname()[1]}/v1/customers", {})
