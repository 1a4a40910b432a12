"""How long an address has to wait after so many attempts that came to nothing."""

from datetime import timedelta

FREE = 5
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)


def pause(tries: int) -> timedelta:
    """Say how long to wait after the last of so many attempts: the first few are free, then twice as long each time."""
    if tries < FREE:
        return timedelta(0)
    doublings = min(tries - FREE, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
