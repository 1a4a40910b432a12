"""The API by `chalice local`, as `make local` serves it: it lets in nobody whom API Gateway would keep out."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from infra.build import ROOT
from infra.local.processes import Process
from infra.local.running import Running
from tests.end_to_end.people import Person

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]


@pytest.fixture(scope="module")
def local(aws: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`chalice local`, against the engine's AWS."""
    url, process = free_address(), Process(tmp_path_factory.mktemp("local"), "chalice")
    command = [str(Path(sys.executable).with_name("chalice")), "local", "--stage", "local", "--no-autoreload"]
    port = url.rpartition(":")[2]
    process.start([*command, "--port", port], {**os.environ, **aws.environment()}, ROOT, lambda: answers(url))
    yield url
    process.stop()


def test_only_a_valid_token_is_let_in(local: str, ada: Person) -> None:
    tampered = ada.token[:-8] + "AAAAAAAA"

    assert asked(local, f"Bearer {ada.token}") == 200
    assert [asked(local, given) for given in (None, "Bearer nonsense", f"Bearer {tampered}", ada.token)] == [401] * 4


def asked(url: str, authorization: str | None) -> int:
    headers = {"Authorization": authorization} if authorization else {}
    return requests.get(f"{url}/sources", headers=headers, timeout=30).status_code


def answers(url: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"{url}/status", timeout=5).ok
    return False


def free_address() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
