"""Keeps requests within a vendor's rate limit, and close to it.

Two rules together, since vendors count in either way: a bucket that fills at the limit's rate (never more than the
share of it on average) and a window (never more than the share of it in any `seconds`). Time counts from the first
answer: the vendor may have counted the requests before it as late as then. Who has the whole limit begins with a full
bucket, less what others have just asked. Who has a share begins with less than nothing, each worker with another debt:
until now others have been asking, so that workers which all began at once, with a request in hand, would be refused.
"""

import math
from bisect import insort
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock

from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Limit, Quota
from chalicelib.errors import RetryableError

MARGIN = 0.99
SLOWER = 0.7
ONE_INCIDENT_SECONDS = 1.0
PATIENCE_SECONDS = 15.0

Patience = Callable[[], float]


def usual_patience() -> float:
    """Give the seconds for which a worker that sleeps is cheaper than one that is called again."""
    return PATIENCE_SECONDS


class Pacer:
    """One limit's `share`: `wait` before a request, `answered` or `refused` after it. Safe to share among threads.

    `before` are others' requests, each by the seconds since; `patience` gives how long a turn may be waited for.
    """

    def __init__(
        self,
        limit: Limit,
        share: float,
        clock: Clock,
        before: Sequence[float] = (),
        patience: Patience = usual_patience,
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._share = share
        self._lock = Lock()
        self._sent: deque[float] = deque()
        self._rate = self._declared = self._capacity = self._window = 0.0
        self._begun_at = clock.monotonic()
        self._filled_at: float | None = None
        self._not_before = 0.0
        self._slowed_at = -math.inf
        self._growth: tuple[float, float] | None = None
        self._adopt(limit)
        self._tokens = self._capacity if share >= 1 else -clock.jitter()
        if share >= 1:
            self._count(before)

    def wait(self, cost: float = 1.0) -> float:
        """Take a turn, sleeping until it comes; give when it is, by the clock.

        Raises RetryableError, and takes no turn, where that is further away than patience reaches.
        """
        with self._lock:
            now = self._clock.monotonic()
            turn = self._turn(now, cost)
            seconds = turn - now
            if seconds > self._patience():
                raise RetryableError("the vendor's limit lets no more through now", after_seconds=seconds, unasked=True)
            self._reserve(turn, cost)
        if seconds > 0:
            self._clock.sleep(seconds)
        return turn

    def give_back(self, turn: float, cost: float) -> None:
        """Give back a turn that was not used."""
        with self._lock:
            self._forget(turn, cost)

    def use_late(self, turn: float, cost: float) -> None:
        """Count a turn as one of now: something else has held its request up."""
        with self._lock:
            self._forget(turn, cost)
            self._reserve(self._clock.monotonic(), cost)

    def answered(self, quota: Quota | None) -> None:
        """Learn from an answer: what the vendor says is left always wins over our own count."""
        with self._lock:
            now = self._clock.monotonic()
            if self._filled_at is None:
                self._begin(now)
            self._speed_up()
            if quota is not None:
                self._correct(quota, now)

    def refused(self, after_seconds: float) -> None:
        """Learn from a 429: nothing before `after_seconds` have passed, and slower for a while after it.

        Those of one second are one incident: requests that were under way beside each other.
        """
        with self._lock:
            now = self._clock.monotonic()
            self._not_before = max(self._not_before, now + after_seconds)
            self._tokens = min(self._tokens, 1.0)
            if now - self._slowed_at >= ONE_INCIDENT_SECONDS:
                self._slowed_at = now
                self._rate = max(self._rate * SLOWER, self._declared / 100)

    def recent(self) -> list[float]:
        """List the requests that the vendor's window still holds, each by the seconds since."""
        with self._lock:
            now = self._clock.monotonic()
            return [now - sent for sent in self._sent if now - sent < self._window]

    def take_share(self, share: float) -> None:
        """Use another share of the limit; a larger one only once the window has passed in which others used theirs."""
        with self._lock:
            if self._growth is not None and share == self._growth[1]:
                return
            self._growth = None
            if share < self._share:
                self._resize(share)
            elif share > self._share:
                self._growth = (self._clock.monotonic() + self._window, share)

    def _resize(self, share: float) -> None:
        self._rate *= share / self._share
        self._declared *= share / self._share
        self._share = share
        self._capacity = max(1.0, self._limit.requests * share)
        self._tokens = min(self._tokens, self._capacity)

    def _adopt(self, limit: Limit) -> None:
        self._limit = limit
        self._rate = self._declared = MARGIN * limit.requests / limit.seconds * self._share
        self._capacity = max(1.0, limit.requests * self._share)
        self._window = limit.seconds / MARGIN

    def _speed_up(self) -> None:
        """Go a little faster: up to the limit where it is known, until the vendor complains where it is a guess."""
        if self._limit.adaptive:
            self._rate += self._declared / 200
        else:
            self._rate = min(self._rate + self._declared / 1000, self._declared)

    def _count(self, before: Sequence[float]) -> None:
        """Count others' requests: what a bucket holds now is the least it can hold after those of a window."""
        recent = sorted((age for age in before if age < self._window), reverse=True)
        self._tokens -= min(len(recent), self._capacity)
        self._sent.extend(self._begun_at - age for age in recent[-self._most() :])

    def _begin(self, now: float) -> None:
        self._filled_at = now
        self._sent = deque(max(sent, now) if sent >= self._begun_at else sent for sent in self._sent)

    def _turn(self, now: float, cost: float) -> float:
        """Tell when the next request may be sent."""
        if self._growth is not None and now >= self._growth[0]:
            self._resize(self._growth[1])
            self._growth = None
        return max(now, self._not_before, self._refilled(now, cost), self._window_opens())

    def _reserve(self, turn: float, cost: float) -> None:
        if self._filled_at is not None:
            self._tokens = min(self._capacity, self._tokens + max(0.0, turn - self._filled_at) * self._rate)
            self._filled_at = max(turn, self._filled_at)
        self._tokens -= cost
        insort(self._sent, turn)
        while len(self._sent) > self._most():
            self._sent.popleft()

    def _forget(self, turn: float, cost: float) -> None:
        self._tokens = min(self._capacity, self._tokens + cost)
        with suppress(ValueError):
            self._sent.remove(turn)

    def _refilled(self, now: float, cost: float) -> float:
        """Tell when the bucket holds `cost`, or is full where it cannot hold that much."""
        missing = min(cost, self._capacity) - self._tokens
        return (self._filled_at or now) + missing / self._rate if missing > 0 else now

    def _window_opens(self) -> float:
        """Tell when the oldest of a full window's requests leaves it; adaptive limits have no window."""
        if self._limit.adaptive or len(self._sent) < self._most():
            return 0.0
        return self._sent[0] + self._window

    def _most(self) -> int:
        return max(1, math.ceil(self._limit.requests * self._share))

    def _correct(self, quota: Quota, now: float) -> None:
        if quota.limit and (quota.limit.requests, quota.limit.seconds) != (self._limit.requests, self._limit.seconds):
            self._adopt(quota.limit)
        self._tokens = min(self._tokens, quota.remaining * self._share)
        if quota.remaining < 1 and quota.resets_in is not None:
            self._not_before = max(self._not_before, now + quota.resets_in)
