"""What the steps of a job work with; made once per process by whoever runs them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.macs import Macs
from chalicelib.archive.objects import Objects
from chalicelib.aws.events import Events
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Connector, Download, Fetch
from chalicelib.credentials.custody import Custody


class Session(Protocol):
    """A connection's session with its vendor; `beside` is the same one with its own count of `requests`."""

    requests: int

    @property
    def fetch(self) -> Fetch: ...
    @property
    def download(self) -> Download: ...
    def beside(self) -> "Session": ...
    def take_share(self, share: float) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Means:
    """`data` is the archive's bucket, `temp` the one for what a job needs until it has ended."""

    data: Objects
    temp: Objects
    macs: Macs
    cache: IndexCache
    custody: Custody
    events: Events
    clock: Clock
    connector: Callable[[str], Connector]


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a step has to have come to an end by itself, on a clock that is never set; for all of its threads."""

    monotonic: Callable[[], float]
    at: float
    _called: Event = field(default_factory=Event)

    def near(self, seconds: float) -> bool:
        """Tell whether fewer than so many seconds are left, or someone could not wait for the end."""
        return self._called.is_set() or self.left() < seconds

    def left(self) -> float:
        """Tell how many seconds are left."""
        return self.at - self.monotonic()

    def call(self) -> None:
        """Let the time be up now."""
        self._called.set()
