"""A session's part of its vendor's limits."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chalicelib.connectors.clock import Clock
from chalicelib.connectors.limits import Limit

LOOK_SECONDS = 10.0

Crowd = Callable[[], int]


def alone() -> int:
    """Say that nobody else uses our client at the vendor."""
    return 1


@dataclass(slots=True)
class Allotment:
    """A `share` of the limits per connection; of those per client as much again divided by all who use it now.

    `crowd` counts those, this session among them, every few seconds. A session that comes to others is seen by them
    only then: until they make room the vendor may refuse some requests, which the pacers learn from.
    """

    share: float
    crowd: Crowd
    clock: Clock
    size: int = 1
    looked_at: float = -math.inf

    def has_changed(self) -> bool:
        """Look who is there, if it is time to; tell whether that changes this session's part."""
        now, before = self.clock.monotonic(), self.size
        if now - self.looked_at >= LOOK_SECONDS:
            self.looked_at = now
            self.size = max(1, self.crowd())
        return self.size != before

    def of(self, limit: Limit) -> float:
        """Give this session's part of a limit."""
        return self.share / self.size if limit.scope == "client" else self.share


def allotted(share: float, limits: Iterable[Limit], crowd: Crowd, clock: Clock) -> Allotment:
    """Begin an allotment; nobody is counted where no limit is per client."""
    counts = any(limit.scope == "client" for limit in limits)
    made = Allotment(share, crowd if counts else alone, clock)
    made.has_changed()
    return made
