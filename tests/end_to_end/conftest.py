"""One deployment on a local engine for all tests here; every test has people and vendors' accounts of its own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from infra.local.engine import Engine
from infra.local.running import Running, up
from tests.end_to_end.people import Person, sign_up
from tests.end_to_end.vendor import Vendor

_NUMBERS = itertools.count(1)
ACCOUNTS = {"stripe": "acct_{}", "hubspot": "70{:05d}", "dropbox": "dbid:AAHEndToEnd{:029d}"}
OpenAccount = Callable[..., Vendor]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that plays every Dropbox account."""
    return tmp_path_factory.mktemp("dropbox")


@pytest.fixture(scope="session")
def options(folder: Path) -> list[str]:
    """How the sandbox is started."""
    return ["--size", "tiny", "--dropbox-dir", str(folder)]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory, options: list[str]) -> Iterator[Running]:
    """A deployment on an engine of its own."""
    with up(Engine.isolated(tmp_path_factory.mktemp("engine")), sandbox_options=options) as running:
        yield running


@pytest.fixture
def ada(aws: Running) -> Person:
    return sign_up(aws, f"ada-{next(_NUMBERS)}")


@pytest.fixture
def eve(aws: Running) -> Person:
    """Somebody else, with an account of her own."""
    return sign_up(aws, f"eve-{next(_NUMBERS)}")


@pytest.fixture
def open_account(aws: Running) -> OpenAccount:
    """Opens an account at a vendor that nobody else uses, with so many records of each collection."""

    def opened(platform: str, **sizes: int) -> Vendor:
        vendor = Vendor(aws.sandbox, platform, ACCOUNTS[platform].format(next(_NUMBERS)))
        vendor.seed(**sizes)
        return vendor

    return opened


@pytest.fixture
def generous(aws: Running) -> Iterator[None]:
    """A portal of a larger tier: waiting for a small one's limit would test the limit again, and nothing here."""
    settings = f"{aws.sandbox}/_sandbox/hubspot"
    before = requests.get(settings, timeout=30).json()["settings"]["limit"]
    requests.patch(settings, json={"limit": {"requests": 5000, "seconds": 10}}, timeout=30).raise_for_status()
    yield
    requests.patch(settings, json={"limit": before}, timeout=30).raise_for_status()
