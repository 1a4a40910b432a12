"""Requests that count against several limits keep within each of them, and the narrow ones hold up no others."""

import math
from dataclasses import dataclass, field, replace

import pytest

from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Limit, Quota, Request
from chalicelib.connectors.pacing import Pacer
from chalicelib.connectors.turns import wait_for_all
from chalicelib.errors import RetryableError
from tests.connectors.acme import ACME
from tests.connectors.conftest import Opened, Time
from tests.connectors.test_pacing import Rolling
from tests.connectors.vendor import Told, Vendor

A_MINUTE, A_SECOND, EXPORTS = Limit(300, 60), Limit(10, 1), Limit(10, 60)


@dataclass
class Worker:
    """Sends one request after the other, in simulated time, each against the same limits."""

    limits: list[Limit]
    now: float = 0.0
    patience: float = math.inf
    sent: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = Clock(monotonic=lambda: self.now, sleep=self._sleep, jitter=lambda: 0.5)
        self.pacers = [Pacer(limit, 1.0, clock, patience=lambda: self.patience) for limit in self.limits]

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def ask(self, pacers: list[Pacer]) -> None:
        wait_for_all(pacers, 1.0)
        self.sent.append(self.now)
        self.now += 0.01
        for pacer in pacers:
            pacer.answered(None)


def within(limit: Limit, sent: list[float]) -> bool:
    vendor = Rolling(limit)
    return all(vendor.takes(at) for at in sent)


@pytest.mark.parametrize("limits", [[A_MINUTE, A_SECOND], [A_SECOND, A_MINUTE], [EXPORTS, A_SECOND, A_MINUTE]], ids=str)
def test_each_of_the_limits_is_kept_after_any_pause(limits: list[Limit]) -> None:
    worker = Worker(limits)
    for pause in (0.0, 200.0, 0.5):
        worker.now += pause
        for _ in range(40):
            worker.ask(worker.pacers)

    assert all(within(limit, worker.sent) for limit in limits)


def test_what_waits_for_a_narrow_limit_takes_nothing_of_the_wide_one_from_others() -> None:
    worker = Worker([EXPORTS, A_SECOND], patience=1.0)
    exports, wide = worker.pacers
    for _ in range(10):
        worker.ask([exports, wide])
    worker.now += 1.5

    for _ in range(100):
        with pytest.raises(RetryableError):
            worker.ask([exports, wide])

    begun = worker.now
    for _ in range(9):
        worker.ask([wide])
    assert worker.now - begun < 1


def test_a_turn_is_given_back_where_a_wider_limit_lets_nothing_through() -> None:
    worker = Worker([EXPORTS, A_SECOND], patience=1.0)
    exports, wide = worker.pacers
    wide.refused(3600)

    for _ in range(20):
        with pytest.raises(RetryableError):
            worker.ask([exports, wide])

    assert exports.recent() == []


def test_a_request_is_paced_by_its_limit_and_by_those_it_counts_against_too(
    open_session: Opened, vendor: Vendor, time: Time
) -> None:
    limits = {"default": Limit(5, 1), "exports": Limit(100, 1, also=("default",))}
    session = open_session(replace(ACME, limits=limits))

    for _ in range(10):
        session.fetch(Request("/v1/exports", limit="exports"))
        session.fetch(Request("/v1/invoices"))

    assert time.passed == pytest.approx(20 / 5, rel=0.3)


def test_what_an_answer_says_of_a_wider_limit_is_learnt_of_that_one(
    open_session: Opened, vendor: Vendor, time: Time
) -> None:
    limits = {"default": Limit(100, 1), "exports": Limit(100, 1, also=("default",))}
    session = open_session(replace(ACME, limits=limits, quota=lambda _headers, _body: Quota(0, 7.0, of="default")))
    vendor.tell(Told())

    session.fetch(Request("/v1/exports", limit="exports"))
    session.fetch(Request("/v1/invoices"))

    assert time.passed == pytest.approx(7.0, abs=0.2)
