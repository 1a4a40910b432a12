"""Remembers every request, for tests that ask what was fetched and how fast."""

from collections import deque
from dataclasses import asdict, dataclass
from itertools import count, islice
from typing import Any

KEPT = 200_000


@dataclass
class Entry:
    time: float  # real time, when the request had arrived
    seconds: float
    vendor: str
    method: str
    path: str
    query: str
    status: int
    account: str = ""
    fault: str = ""
    sent: int = 0  # bytes of the body before content coding
    number: int = 0


class Journal:
    """Keeps the newest requests; neither tokens nor bodies are written."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._numbers = count(1)

    def write(self, entry: Entry) -> None:
        entry.number = next(self._numbers)
        self._entries.append(entry)

    def read(self, vendor: str = "", account: str = "", since: int = 0, limit: int = KEPT) -> list[dict[str, Any]]:
        """Return the entries after number `since`, oldest first."""
        wanted = (
            entry
            for entry in list(self._entries)
            if entry.number > since and vendor in ("", entry.vendor) and account in ("", entry.account)
        )
        return [asdict(entry) for entry in islice(wanted, limit)]

    def clear(self) -> None:
        self._entries.clear()
