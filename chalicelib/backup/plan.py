"""What one job reads, and how: decided once from the connector's facts and the snapshot before, then only looked up."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from chalicelib.archive.manifest import Previous
from chalicelib.backup.declared import Declared
from chalicelib.backup.versions import VERSION
from chalicelib.connectors.connector import Connector, Facts, Stream

Mode = Literal["full", "incremental"]
Lane = tuple[tuple[str, str], ...]
OWED_WITHIN = timedelta(days=7)
"""How often a stream that is never listed in full is, while some of it is there that could not be had."""


class Before(msgspec.Struct, frozen=True):
    """How the snapshot before left a stream: `live` records, read whole at `read_at`, listed in full at `swept_at`.

    `complete` says that the job before has read it, and whole; `owing` that some of it is there and could not be had;
    `declared` how it was declared when it was last read whole, as far as that is known.
    """

    since: Any = None
    read_at: datetime | None = None
    swept_at: datetime | None = None
    live: int = 0
    complete: bool = True
    owing: bool = False
    declared: Declared | None = None


class SlicePlan(msgspec.Struct, frozen=True):
    """A share of a stream that one worker reads: a `window` of it, or the `part`-th of each `of` parents."""

    name: str
    window: tuple[str, str] | None = None
    part: int = 0
    of: int = 1


class Refusal(msgspec.Struct, frozen=True):
    """Why a stream is not read at all."""

    status: Literal["forbidden", "failed"]
    reason: str


class StreamPlan(msgspec.Struct, frozen=True):
    """How one stream is read in this job.

    `parents` says whose children: those of all live parents, of those that changed, or none in particular. `declared`
    is how the stream was declared when this was decided.
    """

    name: str
    mode: Mode
    level: int
    slices: tuple[SlicePlan, ...] = ()
    since: Any = None
    facts: Facts = {}
    parents: Literal["none", "changed", "all"] = "none"
    refusal: Refusal | None = None
    declared: Declared | None = None


class Plan(msgspec.Struct, frozen=True):
    """One job's plan.

    `until` is the vendor's time when it was made, `previous` the manifest it builds on, `parallel` how many slices are
    read side by side. `refused` says why it does not build on the source's newest manifest: then everything is read
    anew. `missing` are streams that should be read and are not there, parents before their children: why, or None where
    all their records are gone.
    """

    until: datetime
    streams: dict[str, StreamPlan]
    previous: Previous | None = None
    refused: str | None = None
    parallel: int = 2
    missing: dict[str, Refusal | None] = {}
    version: int = VERSION

    def levels(self) -> range:
        """Number the levels, parents before their children."""
        return range(max((stream.level for stream in self.streams.values()), default=-1) + 1)

    def lanes(self, level: int) -> list[Lane]:
        """Give a level's slices as one lane: no vendor's limit keeps more than one worker busy.

        Several would wait, and be paid for, where the readers of one wait beside each other.
        """
        streams = [stream for stream in self.streams.values() if stream.level == level]
        lane = tuple((stream.name, part.name) for stream in streams for part in stream.slices)
        return [lane] if lane else []


def wanted(connector: Connector, discovered: Iterable[str], chosen: list[str] | None) -> list[str]:
    """Name the streams to read, each parent before its children: all, or the chosen ones and the parents they need."""
    names = [stream.name for stream in connector.streams] + list(discovered)
    keep = set(names if chosen is None else chosen)
    for name in keep.intersection(names):
        keep.update(ancestors(connector, name))
    return sorted(
        (name for name in names if name in keep), key=lambda name: (depth(connector, name), names.index(name))
    )


def depth(connector: Connector, name: str) -> int:
    """Count the parents above a stream."""
    return len(ancestors(connector, name))


def ancestors(connector: Connector, name: str) -> list[str]:
    """Name the streams above a stream, the nearest first; raises KeyError where the connector does not know it."""
    children = connector.stream(name).children
    return [children.of, *ancestors(connector, children.of)] if children else []


def mode_of(
    stream: Stream,
    before: Before | None,
    until: datetime,
    *,
    full: bool,
    parents: Before | None = None,
    declared: Declared | None = None,
) -> Mode:
    """Choose between a full reading and an incremental one; `parents` is how the stream of its parents was left.

    Full: when asked for, when there is nothing whole to build on, when the stream has no other way, when it is
    `declared` otherwise than then or its connection was granted other scopes, when the vendor no longer keeps all that
    changed since, when the next sweep is due, and when parents may have changed in a job that did not get to their
    children: only that job knew which.
    """
    if full or before is None or before.read_at is None or not _is_declared_so(before, declared):
        return "full"
    if stream.children is not None and stream.changes is None and not _in_step(before, parents):
        return "full"
    if stream.changes is None and (stream.children is None or stream.children.when == "always"):
        return "full"
    if stream.changes is not None and before.since is None:
        return "full"
    if stream.retains is not None and until - before.read_at >= stream.retains - stream.retains / 10:
        return "full"
    return "full" if _sweep_due(stream, before, until) else "incremental"


def _is_declared_so(before: Before, declared: Declared | None) -> bool:
    return declared is None or (before.declared is not None and before.declared.is_now(declared))


def _in_step(children: Before, parents: Before | None) -> bool:
    return children.complete and parents is not None and parents.complete


def _sweep_due(stream: Stream, before: Before, until: datetime) -> bool:
    """Tell whether the next sweep would be late if it waited for another run, as far away as the last one is."""
    within = stream.deletes.within or (OWED_WITHIN if before.owing and stream.deletes.how != "sweep" else timedelta(0))
    if stream.deletes.how != "sweep" and not within:
        return False
    if before.swept_at is None or before.read_at is None:
        return True
    pause = until - before.read_at
    return until - before.swept_at + pause >= within


def planned(
    stream: Stream,
    level: int,
    mode: Mode,
    before: Before | None,
    facts: Mapping[str, Any],
    slices: tuple[SlicePlan, ...],
    declared: Declared,
) -> StreamPlan:
    """State how a stream is read in the chosen mode, in these slices."""
    return StreamPlan(
        name=stream.name,
        mode=mode,
        level=level,
        slices=slices,
        since=before.since if before and mode == "incremental" else None,
        facts=dict(facts),
        parents=_parents(stream, mode),
        declared=declared,
    )


def refused(name: str, level: int, refusal: Refusal) -> StreamPlan:
    """State that a stream is not read, and why."""
    return StreamPlan(name=name, mode="full", level=level, refusal=refusal)


def _parents(stream: Stream, mode: Mode) -> Literal["none", "changed", "all"]:
    if stream.children is None or (mode == "incremental" and stream.changes):
        return "none"
    return "all" if mode == "full" else "changed"
