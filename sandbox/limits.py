"""Counts requests in rolling windows, and says when one is too many."""

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Lock

from sandbox.settings import Limit


@dataclass
class Verdict:
    allowed: bool
    remaining: int
    retry_after: float  # seconds until the next request would pass; 0 if this one did


@dataclass
class Meter:
    """Meters each key (an account, an account's searches) by itself, in real time."""

    passed: dict[str, deque[float]] = field(default_factory=dict)
    guard: Lock = field(default_factory=Lock)

    def take(self, key: str, limit: Limit) -> Verdict:
        if not limit.requests:
            return Verdict(True, 0, 0.0)
        now = time.monotonic()
        with self.guard:
            window = self.passed.setdefault(key, deque())
            while window and window[0] <= now - limit.seconds:
                window.popleft()
            if len(window) >= limit.requests:
                return Verdict(False, 0, window[0] + limit.seconds - now)
            window.append(now)
            return Verdict(True, limit.requests - len(window), 0.0)
