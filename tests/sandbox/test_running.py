import threading
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from sandbox.__main__ import parse


def test_the_command_line_says_what_to_play(tmp_path):
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


def test_a_directory_that_is_none_is_refused(tmp_path):
    with pytest.raises(SystemExit):
        parse(["--dropbox-dir", str(tmp_path / "nowhere")])


def test_one_connection_serves_many_requests(sandbox):
    connection = HTTPConnection(urlsplit(sandbox.url).netloc)

    statuses = []
    for _ in range(3):
        connection.request("GET", "/_sandbox/clock")
        response = connection.getresponse()
        response.read()
        statuses.append((response.status, response.headers["Connection"]))
    connection.close()

    assert statuses == [(200, "keep-alive")] * 3


def test_many_clients_at_once_lose_nothing(stripe):
    stripe.settings(limit={"requests": 0})

    def create():
        made.extend(stripe.control("customers/create")["keys"][0] for _ in range(10))

    made = []
    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 80
    assert set(made) <= set(stripe.oracle("customers"))
    assert len(stripe.get("/v1/events", limit=100).json()["data"]) == 80


def test_what_is_no_http_is_refused(sandbox):
    connection = HTTPConnection(urlsplit(sandbox.url).netloc)
    connection.connect()
    connection.sock.sendall(b"nonsense\r\n\r\n")

    answer = connection.sock.recv(1000)
    connection.close()

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_chunked_bodies_are_read(sandbox, hubspot, http):
    def body():
        yield b'{"properties": '
        yield b'{"name": "Chunked"}}'

    url = f"{hubspot.url}/crm/v3/objects/companies"
    made = http.post(url, headers=hubspot.headers, data=body())

    assert made.json()["properties"]["name"] == "Chunked"
