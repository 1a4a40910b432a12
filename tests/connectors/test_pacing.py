"""Pacing, in simulated time, against the ways in which vendors count: in rolling windows and in buckets."""

import math
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Limit, Quota
from chalicelib.connectors.pacing import Pacer
from chalicelib.errors import RetryableError


@dataclass
class Rolling:
    """Allows so many requests in any so many seconds."""

    limit: Limit
    times: deque[float] = field(default_factory=deque)

    def takes(self, at: float) -> bool:
        while self.times and self.times[0] <= at - self.limit.seconds:
            self.times.popleft()
        if len(self.times) >= self.limit.requests:
            return False
        self.times.append(at)
        return True


@dataclass
class Bucket:
    """Fills at the limit's rate and holds as much as it."""

    limit: Limit
    tokens: float = -1
    last: float = 0.0

    def takes(self, at: float) -> bool:
        full = self.limit.requests
        filled = full if self.tokens < 0 else self.tokens + (at - self.last) * full / self.limit.seconds
        self.tokens, self.last = min(full, filled), at
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


Counting = type[Rolling] | type[Bucket]


@dataclass
class Worker:
    limit: Limit
    share: float
    latency: float
    now: float = 0.0
    chance: float = 0.5
    before: list[float] = field(default_factory=list)
    patience: float = math.inf

    def __post_init__(self) -> None:
        clock = Clock(monotonic=lambda: self.now, sleep=self._sleep, jitter=lambda: self.chance)
        self.pacer = Pacer(self.limit, self.share, clock, self.before, lambda: self.patience)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def turn(self) -> float:
        self.pacer.wait()
        return self.now + self.latency / 2

    def answered(self, taken: bool) -> None:
        self.now += self.latency
        if taken:
            self.pacer.answered(None)
        else:
            self.pacer.refused(1.0)


def simulated(vendor: Rolling | Bucket, workers: list[Worker], seconds: float) -> tuple[int, int]:
    """Let workers ask for so long, each request arriving in order of time; give how many were taken and refused."""
    turns = [(worker.turn(), number, worker) for number, worker in enumerate(workers)]
    counts = {True: 0, False: 0}
    while (first := min(turns, key=lambda turn: turn[:2]))[0] < seconds:
        turns.remove(first)
        at, number, worker = first
        taken = vendor.takes(at)
        counts[taken] += 1
        worker.answered(taken)
        turns.append((worker.turn(), number, worker))
    return counts[True], counts[False]


LIMITS = [Limit(110, 10), Limit(100, 1), Limit(10, 1), Limit(4, 1)]


@pytest.mark.parametrize("counting", [Rolling, Bucket])
@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_one_worker_uses_what_the_limit_allows_and_is_never_refused(counting: Counting, limit: Limit) -> None:
    latency = 0.5 * limit.seconds / limit.requests

    taken, refused = simulated(counting(limit), [Worker(limit, 1.0, latency)], 120)

    assert refused == 0
    assert taken >= 0.97 * limit.requests / limit.seconds * 120


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_many_workers_with_a_share_each_use_what_the_limit_allows(limit: Limit) -> None:
    workers = [Worker(limit, 0.25, 0.15, chance=n / 4) for n in range(4)]

    taken, refused = simulated(Bucket(limit), workers, 120)

    assert refused == 0
    assert taken >= 0.97 * min(limit.requests / limit.seconds, 4 / 0.15) * 120


@pytest.mark.parametrize("counting", [Rolling, Bucket])
@pytest.mark.parametrize("limit", LIMITS[:3], ids=str)
def test_workers_that_take_over_from_others_are_not_refused(counting: Counting, limit: Limit) -> None:
    vendor, count = counting(limit), 10
    _, refused = simulated(vendor, [Worker(limit, 1.0, 0.01)], 30)

    for begin in (30, 150):
        workers = [Worker(limit, 1 / count, 0.15, now=begin, chance=n / count) for n in range(count)]
        taken, again = simulated(vendor, workers, begin + 120)
        refused += again
        assert taken >= 0.96 * 120 * min(limit.requests / limit.seconds, count / 0.15)

    assert refused == 0


@pytest.mark.parametrize("counting", [Rolling, Bucket])
@pytest.mark.parametrize("limit", LIMITS[:3], ids=str)
@pytest.mark.parametrize("pause", [0.0, 0.4, 30.0])
def test_one_that_goes_on_from_what_another_has_asked_is_not_refused(
    counting: Counting, limit: Limit, pause: float
) -> None:
    vendor, first = counting(limit), Worker(limit, 1.0, 0.01)
    _, refused = simulated(vendor, [first], 3)

    ages = [pause + age for age in first.pacer.recent()]
    second = Worker(limit, 1.0, 0.01, now=first.now + pause, before=ages)
    taken, again = simulated(vendor, [second], first.now + pause + 60)

    assert (refused, again) == (0, 0)
    assert taken >= 0.97 * 60 * min(limit.requests / limit.seconds, 1 / 0.01)


def test_a_wait_that_is_not_worth_sleeping_is_given_back_to_all_who_ask() -> None:
    worker = at_rest()
    worker.patience = 15
    worker.pacer.refused(3600)

    for _ in range(2):
        with pytest.raises(RetryableError) as told:
            worker.pacer.wait()

        assert (told.value.after_seconds, told.value.unasked) == (3600, True)
    assert worker.now == 0


def test_a_turn_that_is_too_far_away_is_not_taken_from_those_who_come_back_for_it() -> None:
    worker = Worker(Limit(1, 60), 1.0, 0.1, patience=15)
    worker.turn()
    worker.answered(taken=True)

    for _ in range(16):
        with pytest.raises(RetryableError) as told:
            worker.pacer.wait()
    worker.now += told.value.after_seconds or 0

    assert told.value.unasked
    due = worker.now
    assert worker.pacer.wait() == due


def test_refusals_of_requests_that_were_under_way_together_slow_down_once() -> None:
    worker = at_rest()
    for _ in range(16):
        worker.pacer.refused(1.0)
    begun = worker.now

    for _ in range(200):
        worker.turn()
        worker.answered(taken=True)

    assert worker.now - begun < 2 * 200 * worker.limit.seconds / worker.limit.requests


def test_a_finished_workers_share_is_used_by_the_others() -> None:
    limit, latency = Limit(20, 1), 0.05
    vendor, workers = Bucket(limit), [Worker(limit, 0.25, latency, chance=n / 4) for n in range(4)]

    simulated(vendor, workers, 30)
    left = workers[:2]
    for worker in left:
        worker.pacer.take_share(0.5)
    taken, refused = simulated(vendor, left, 60)

    assert refused == 0
    assert taken >= 0.95 * 30 * 20


def test_an_unknown_limit_is_approached_until_the_vendor_complains() -> None:
    known, guess = Limit(30, 1), Limit(5, 1, adaptive=True)

    taken, refused = simulated(Bucket(known), [Worker(guess, 1.0, 0.01)], 300)

    assert taken > 0.7 * 30 * 300
    assert refused < 0.02 * taken


def test_a_limit_that_is_lower_than_stated_is_learnt() -> None:
    taken, refused = simulated(Bucket(Limit(25, 1)), [Worker(Limit(100, 1), 1.0, 0.005)], 300)

    assert refused < 0.03 * taken
    assert taken > 0.6 * 25 * 300


def at_rest(limit: Limit = LIMITS[2]) -> Worker:
    worker = Worker(limit, 1.0, 0.0)
    worker.pacer.wait()
    return worker


def test_nothing_left_means_waiting_for_the_reset() -> None:
    worker = at_rest()

    worker.pacer.answered(Quota(0, resets_in=7.5))
    worker.pacer.wait()

    assert worker.now == pytest.approx(7.5)


def test_less_left_than_we_thought_slows_us_down() -> None:
    worker = at_rest()

    worker.pacer.answered(Quota(1))
    begun, first, second = worker.now, worker.pacer.wait(), worker.pacer.wait()

    assert first == begun
    assert second - first > 0.09


def test_a_limit_the_vendor_states_replaces_ours() -> None:
    worker = at_rest(Limit(100, 1))

    worker.pacer.answered(Quota(2, limit=Limit(2, 10)))
    for _ in range(4):
        worker.pacer.wait()

    assert worker.now > 10


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0.5, 4)), max_size=40),
    st.floats(0.05, 1),
    st.sampled_from([Limit(10, 1), Limit(110, 10), Limit(1, 60)]),
)
def test_a_bucket_is_never_overdrawn_whatever_the_pauses_and_costs(
    steps: list[tuple[float, float]], share: float, limit: Limit
) -> None:
    worker = Worker(limit, share, 0.0)
    spent: list[tuple[float, float]] = []
    for pause, cost in steps:
        worker.now += pause
        worker.pacer.wait(cost)
        spent.append((worker.now, cost))
        worker.pacer.answered(None)

    rate, most = limit.requests / limit.seconds * share, max(1.0, limit.requests * share)
    for first, (start, _) in enumerate(spent):
        for end, _ in spent[first:]:
            drawn = sum(cost for at, cost in spent if start <= at <= end)
            assert drawn <= most + rate * (end - start) + 4 + 1e-6


def test_a_larger_share_comes_though_it_is_asked_for_again_and_again() -> None:
    limit, now = Limit(10, 10), [0.0]
    clock = Clock(monotonic=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    pacer = Pacer(limit, 0.1, clock, patience=lambda: math.inf)
    pacer.wait()
    pacer.answered(None)

    for _ in range(30):
        pacer.take_share(1.0)
        pacer.wait()

    assert now[0] < 100
