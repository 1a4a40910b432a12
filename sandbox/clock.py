"""Keeps the sandbox's own time, which tests may set, advance and freeze."""

import time
from datetime import UTC, datetime
from email.utils import formatdate


class Clock:
    def __init__(self, start: float | None = None) -> None:
        self._offset = 0.0 if start is None else start - time.time()
        self._frozen: float | None = None

    def now(self) -> float:
        """Return the sandbox's time in Unix seconds."""
        return self._frozen if self._frozen is not None else time.time() + self._offset

    def seconds(self) -> int:
        return int(self.now())

    def millis(self) -> int:
        return int(self.now() * 1000)

    def set(self, moment: float) -> None:
        self._offset = moment - time.time()
        if self._frozen is not None:
            self._frozen = moment

    def advance(self, seconds: float) -> None:
        self.set(self.now() + seconds)

    def freeze(self) -> None:
        self._frozen = self.now()

    def release(self) -> None:
        moment, self._frozen = self.now(), None
        self.set(moment)

    @property
    def frozen(self) -> bool:
        return self._frozen is not None

    def date(self) -> str:
        """Return the time as an HTTP date."""
        return formatdate(self.now(), usegmt=True)


def rfc3339(seconds: float) -> str:
    """Format as 2026-01-02T15:50:38Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_millis(millis: int) -> str:
    """Format as 2026-01-02T15:50:38.123Z."""
    return f"{rfc3339(millis // 1000)[:-1]}.{millis % 1000:03d}Z"


def parse_moment(text: str) -> float:
    """Read Unix seconds, or an RFC 3339 time. Raises ValueError."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
