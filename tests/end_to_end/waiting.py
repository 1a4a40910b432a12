"""Waiting for what can be observed, and for no longer than that."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
EVERY_SECONDS = 0.1


def until(what: str, look: Callable[[], T | None], *, seconds: float = 60) -> T:
    """Look again and again until there is something to see; fails where there is nothing in time."""
    ends = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < ends, f"{what}: not within {seconds} s"
        time.sleep(EVERY_SECONDS)
    return seen
