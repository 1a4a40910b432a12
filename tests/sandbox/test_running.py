import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from sandbox import Sandbox
from sandbox.__main__ import parse
from tests.sandbox.conftest import Vendor


def test_the_command_line_says_what_to_play(tmp_path: Path) -> None:
    arguments = [
        "--port",
        "0",
        "--seed",
        "3",
        "--size",
        "tiny",
        "--dropbox-dir",
        str(tmp_path),
        "--clock",
        "1800000000",
    ]
    clients = ["--client", "stripe=ca_mine:sk_mine", "--redirect-uri", "stripe=https://app.example/back"]

    settings = parse([*arguments, *clients])

    assert (settings.port, settings.seed, settings.size, settings.start) == (0, 3, "tiny", 1_800_000_000.0)
    assert settings.vendors["stripe"].client_secret == "sk_mine"
    assert settings.vendors["stripe"].redirect_uris == ["https://app.example/back"]


def test_a_directory_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        parse(["--dropbox-dir", str(tmp_path / "nowhere")])


def test_one_connection_serves_many_requests(sandbox: Sandbox) -> None:
    connection = HTTPConnection(urlsplit(sandbox.url).netloc)

    statuses = []
    for _ in range(3):
        connection.request("GET", "/_sandbox/clock")
        response = connection.getresponse()
        response.read()
        statuses.append((response.status, response.headers["Connection"]))
    connection.close()

    assert statuses == [(200, "keep-alive")] * 3


def test_many_clients_at_once_lose_nothing(stripe: Vendor) -> None:
    stripe.settings(limit={"requests": 0})

    def create() -> None:
        made.extend(stripe.control("customers/create")["keys"][0] for _ in range(10))

    made: list[str] = []
    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 80
    assert set(made) <= set(stripe.oracle("customers"))
    assert len(stripe.get("/v1/events", limit=100).json()["data"]) == 80


def test_what_is_no_http_is_refused(sandbox: Sandbox) -> None:
    connection = HTTPConnection(urlsplit(sandbox.url).netloc)
    connection.connect()
    connection.sock.sendall(b"nonsense\r\n\r\n")

    answer = connection.sock.recv(1000)
    connection.close()

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_chunked_bodies_are_read(sandbox: Sandbox, hubspot: Vendor, http: requests.Session) -> None:
    def body() -> Iterator[bytes]:
        yield b'{"properties": '
        yield b'{"name": "Chunked"}}'

    url = f"{hubspot.url}/crm/v3/objects/companies"
    made = http.post(url, headers=hubspot.headers, data=body())

    assert made.json()["properties"]["name"] == "Chunked"
