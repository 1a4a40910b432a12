"""Waiting for what can be observed, and for no longer than that."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
EVERY_SECONDS = 0.1


def until(what: str, look: Callable[[], T], holds: Callable[[T], object] = bool, *, seconds: float = 60) -> T:
    """Look again and again until what is seen holds; fails, with what was seen last, where it does not in time."""
    ends = time.monotonic() + seconds
    while not holds(seen := look()):
        assert time.monotonic() < ends, f"{what}: not within {seconds} s; seen last: {seen}"
        time.sleep(EVERY_SECONDS)
    return seen
