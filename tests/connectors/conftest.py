from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Connector
from chalicelib.connectors.session import Authorization, Bounds, VendorSession
from chalicelib.errors import ReauthorizeError
from tests.connectors.vendor import Vendor

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Time:
    """A clock that stands still but for sleeping; the time it tells may be wrong."""

    passed: float = 0.0
    slept: list[float] = field(default_factory=list)
    wrong_by: timedelta = timedelta(0)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds

    def clock(self) -> Clock:
        return Clock(self.now, lambda: self.passed, self.sleep, lambda: 0.5)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed) + self.wrong_by


@dataclass
class Login:
    """Credentials that can be renewed so many times."""

    renewals: int = 1
    renewed: int = 0

    @property
    def token(self) -> str:
        return f"secret-token-{self.renewed}"

    def renew(self) -> None:
        if self.renewed == self.renewals:
            raise ReauthorizeError("the vendor gave no better token")
        self.renewed += 1


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    vendor = Vendor()
    yield vendor
    vendor.close()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def login() -> Login:
    return Login()


class Opened(Protocol):
    def __call__(
        self,
        connector: Connector = ...,
        *,
        clock: Clock | None = None,
        bounds: Bounds | None = None,
        notify: Callable[[str], None] | None = None,
    ) -> VendorSession: ...


@pytest.fixture
def open_session(vendor: Vendor, time: Time, login: Login) -> Iterator[Opened]:
    """Opens a connector's session with the local vendor."""
    sessions: list[VendorSession] = []

    def opened(
        connector: Connector = CONNECTORS["stripe"],
        *,
        clock: Clock | None = None,
        bounds: Bounds | None = None,
        notify: Callable[[str], None] | None = None,
    ) -> VendorSession:
        hosts = (connector.host, *connector.hosts)
        authorization = Authorization(
            lambda: connector.headers({"access_token": login.token, "platform_data": {}}), login.renew, {}
        )
        session = VendorSession(
            connector,
            authorization,
            stand_ins=dict.fromkeys(hosts, vendor.url),
            clock=clock or time.clock(),
            bounds=bounds or Bounds(1.0, 1.0, 5.0),
            notify=notify,
        )
        sessions.append(session)
        return session

    yield opened
    for session in sessions:
        session.close()


@pytest.fixture
def session(open_session: Opened) -> VendorSession:
    """Stripe's session with the local vendor."""
    return open_session()
