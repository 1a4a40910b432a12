"""The log of events: one for every change, kept for thirty days."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.clock import Clock
from sandbox.collection import Record
from sandbox.ids import Ids
from sandbox.spelling import encode
from sandbox.stripe import views
from sandbox.stripe.resource import Resource
from sandbox.stripe.shapes import VERSION
from sandbox.vendor import Line

KEPT_SECONDS = 30 * 86_400


class Owner(Protocol):
    id: str
    seed: int


@dataclass(frozen=True)
class Event:
    type: str
    created: int
    body: bytes


class EventLog:
    def __init__(self, owner: Owner, clock: Clock) -> None:
        self._owner = owner
        self._clock = clock
        self._ids = Ids("evt_", 24, owner.seed)
        self._events: list[Event] = []

    def __len__(self) -> int:
        return len(self._events) - self.first

    @property
    def end(self) -> int:
        return len(self._events)

    @property
    def first(self) -> int:
        """Return the first event that is not too old to be seen."""
        return bisect_left(self._events, self._clock.seconds() - KEPT_SECONDS, key=lambda event: event.created)

    def write(self, kind: str, resource: Resource, record: Record, previous: Record | None = None) -> None:
        if not kind:
            return
        data: Record = {"object": views.shown(resource, record)}
        if previous is not None:
            data["previous_attributes"] = views.shown(resource, previous)
        created = max(self._clock.seconds(), self._events[-1].created if self._events else 0)
        body = self._body(kind, created, data)
        self._events.append(Event(kind, created, encode(body)))

    def _body(self, kind: str, created: int, data: Record) -> Record:
        return {
            "id": self.key(self.end),
            "object": "event",
            "account": self._owner.id,
            "api_version": VERSION,
            "created": created,
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }

    def key(self, ordinal: int) -> str:
        return self._ids.key(ordinal)

    def find(self, key: str) -> int | None:
        ordinal = self._ids.ordinal(key)
        return ordinal if ordinal is not None and self.first <= ordinal < self.end else None

    def at(self, ordinal: int) -> Event:
        return self._events[ordinal]

    def lines(self) -> Iterator[Line]:
        return (Line(self.key(ordinal), self._events[ordinal].body) for ordinal in range(self.first, self.end))

    def dump(self) -> list[list[Any]]:
        return [[event.type, event.created, event.body.decode("latin-1")] for event in self._events]

    def load(self, saved: list[list[Any]]) -> None:
        self._events = [Event(kind, created, body.encode("latin-1")) for kind, created, body in saved]
