"""What a lane's readers have read and not stored yet: a part's worth in all, since a crash loses it."""

from collections.abc import Hashable
from threading import Lock

from chalicelib.archive.writer import PART_BYTES

AHEAD = 3


class Unsaved:
    """Tells each reader when its part is to be stored, small as it may be. Safe to ask from all of them.

    Where several read, three more pages of each count: those taken in and fetched, and one by which it may be late.
    """

    def __init__(self, most_bytes: int = PART_BYTES) -> None:
        self._most = most_bytes
        self._lock = Lock()
        self._held: dict[Hashable, tuple[int, int]] = {}

    def too_much(self, reader: Hashable, gathered: int, page: int) -> bool:
        """Note what a reader has gathered, and its last page's bytes; tell whether it is the one to store now.

        That is one who has its fair share or more, so that parts are as large as can be, and no idle one is waited for.
        """
        with self._lock:
            self._held[reader] = (gathered, page)
            every = sum(size for size, _ in self._held.values())
            under_way = AHEAD * sum(last for _, last in self._held.values()) if len(self._held) > 1 else 0
            room = self._most - under_way
            return every > room and gathered * len(self._held) >= room

    def stored(self, reader: Hashable) -> None:
        """Note that a reader has stored what it had."""
        with self._lock:
            self._held[reader] = (0, self._held[reader][1])

    def done(self, reader: Hashable) -> None:
        """Forget a reader that reads no more."""
        with self._lock:
            self._held.pop(reader, None)
