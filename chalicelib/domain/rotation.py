"""Which share of a source's file contents is read again with a snapshot: all come round once in `PERIOD`.

Contents lie on a circle, spread evenly by a hash. Each reading goes on where the one before ended, as far as the time
between the two asks for; what it does not get to is added to the next one's share.
"""

from datetime import timedelta
from typing import NamedTuple

CIRCLE = 2**32
PERIOD = timedelta(days=30)


class Share(NamedTuple):
    """A piece of the circle: `width` of it from `start` on."""

    start: int
    width: int

    def distance(self, hash_: bytes) -> int:
        """Tell how far behind the start a hash lies; it is in the share where that is less than the width."""
        return (int.from_bytes(hash_[:4]) - self.start) % CIRCLE


WHOLE = Share(0, CIRCLE)


def next_share(ended: int, behind: int, elapsed: timedelta) -> Share:
    """Give the share that is due `elapsed` after a reading that ended at `ended`, `behind` short of its own share."""
    due = int(CIRCLE * (max(elapsed, timedelta()) / PERIOD))
    return Share(ended % CIRCLE, min(CIRCLE, behind + due))
