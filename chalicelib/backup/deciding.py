"""Decide how each stream of a job is read."""

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from chalicelib.archive.manifest import Manifest
from chalicelib.backup.declared import declared
from chalicelib.backup.plan import Mode, Refusal, StreamPlan, depth, mode_of, planned, refused
from chalicelib.backup.previous import before
from chalicelib.backup.shaping import Shaping
from chalicelib.backup.sizes import Size, sized
from chalicelib.connectors.connector import Connector, Facts, Fetch, Reading, Stream
from chalicelib.connectors.limits import fastest

USUAL_LATENCY_SECONDS = 0.3
FEW_READERS, MOST_READERS = 4, 16
MOST_SIZED = 200
T = TypeVar("T")
FactsOf = Mapping[str, Facts | Refusal]


def readers(connector: Connector, latency_seconds: float | None = None) -> int:
    """Tell how many readers, asking one request after the other, use up a platform's limit.

    As many as Little's law says, and half of that more, since some wait for our own work; a few at least, so that small
    streams end together.
    """
    latency = USUAL_LATENCY_SECONDS if latency_seconds is None else latency_seconds
    rate = fastest(connector.limits, "default")
    return max(2, min(FEW_READERS, math.ceil(rate)), min(MOST_READERS, math.ceil(1.5 * latency * rate)))


def of_each(names: Iterable[str], find: Callable[[str], T], at_once: int) -> dict[str, T]:
    """Find something out about each stream, side by side; raises what the first to fail has raised."""
    each, pool = list(names), ThreadPoolExecutor(at_once, thread_name_prefix="plan")
    try:
        return dict(zip(each, pool.map(find, each), strict=True))
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Deciding:
    """Decides how each stream is read, from how the snapshot before left it and from what its `prepare` found.

    `facts` are those of each stream, parents before their children; `granted` sums up the connection's scopes.
    """

    connector: Connector
    manifest: Manifest | None
    until: datetime
    full: bool
    granted: str = ""

    def mode(self, name: str) -> Mode:
        """Tell whether a stream is listed in full or what is new since is read."""
        stream = self.connector.stream(name)
        parents = before(self.manifest, stream.children.of) if stream.children else None
        return mode_of(
            stream,
            before(self.manifest, name),
            self.until,
            full=self.full,
            parents=parents,
            declared=declared(self.connector, stream, self.granted),
        )

    def sizes(self, facts: FactsOf, ask: Fetch) -> dict[str, Size]:
        """Tell how large the streams at the top are; the vendor is asked where that is not known."""
        return of_each(
            self._at_the_top(facts), lambda name: self._sized(name, facts[name], ask), readers(self.connector)
        )

    def plans(self, facts: FactsOf, shaping: Shaping) -> dict[str, StreamPlan]:
        """Plan all streams."""
        plans: dict[str, StreamPlan] = {}
        for name, found in facts.items():
            plans[name] = self._planned(name, found, plans, shaping)
        return plans

    def _at_the_top(self, facts: FactsOf) -> list[str]:
        """Name the streams that are not children; of very many only the first, since to ask them all takes longer."""
        streams = (self.connector.stream(name) for name, found in facts.items() if not isinstance(found, Refusal))
        return [stream.name for stream in streams if stream.children is None][:MOST_SIZED]

    def _sized(self, name: str, found: Facts | Refusal, ask: Fetch) -> Size:
        if isinstance(found, Refusal):
            return Size()
        stream, left, whole = self.connector.stream(name), before(self.manifest, name), self.mode(name) == "full"
        return sized(stream, left, ask, Reading(until=self.until, facts=found), whole=whole)

    def _planned(
        self, name: str, found: Facts | Refusal, plans: Mapping[str, StreamPlan], shaping: Shaping
    ) -> StreamPlan:
        stream, level = self.connector.stream(name), depth(self.connector, name)
        if isinstance(found, Refusal):
            return refused(name, level, found)
        if refusal := _refused_parent(stream, plans):
            return refused(name, level, refusal)
        left, mode = before(self.manifest, name), self.mode(name)
        slices = shaping.slices(self.connector, stream, mode)
        return planned(stream, level, mode, left, found, slices, declared(self.connector, stream, self.granted))


def _refused_parent(stream: Stream, plans: Mapping[str, StreamPlan]) -> Refusal | None:
    if stream.children is None:
        return None
    if stream.children.of not in plans:  # made between two questions
        return Refusal("failed", f"{stream.children.of}, whose children these are, was not there yet; back up again")
    refusal = plans[stream.children.of].refusal
    if refusal is None:
        return None
    return Refusal(refusal.status, f"{stream.children.of}, whose children these are, is not read: {refusal.reason}")
