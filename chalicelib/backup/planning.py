"""Make a job's plan once: ask the vendor what there is, read what the snapshot before left, decide, and keep it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from chalicelib.archive.manifest import Manifest
from chalicelib.backup import checkpoints, versions
from chalicelib.backup.means import Means
from chalicelib.backup.plan import (
    PARALLEL,
    WORTH_WINDOWS,
    Plan,
    Refusal,
    StreamPlan,
    depth,
    mode_of,
    planned,
    refused,
    wanted,
)
from chalicelib.backup.previous import before, newest
from chalicelib.backup.run import Run
from chalicelib.backup.sizes import UNKNOWN, expected
from chalicelib.backup.survey import windows
from chalicelib.backup.vendor import session_for
from chalicelib.connectors.connector import Answer, Connector, Facts, Fetch, Reading, Request, Stream
from chalicelib.domain.dealing import workers_for
from chalicelib.errors import (
    FatalError,
    ForbiddenStreamError,
    MissingObjectError,
    SkippableError,
)
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source

NAME = "plan.json"
OWN_CLOCK_SLACK = timedelta(minutes=2)
LATENCY_SECONDS = 0.3
REFUSALS = (FatalError, SkippableError)


def make(run: Run, means: Means) -> Plan:
    """Give the job's plan, deciding on it unless a first attempt has.

    Raises RetryableError, or ReauthorizeError where the vendor no longer takes the connection.
    """
    job = checkpoints.running(run)
    return _kept(run, means) or _keep(_decided(run, job, means), run, means)


def load(run: Run, means: Means) -> Plan:
    """Read the plan of a job; raises MissingObjectError before it is made."""
    return versions.decode(means.temp.get(run.workspace(NAME)), Plan, "the plan")


def _kept(run: Run, means: Means) -> Plan | None:
    try:
        return load(run, means)
    except MissingObjectError:
        return None


def _keep(plan: Plan, run: Run, means: Means) -> Plan:
    """Keep a plan, unless another attempt was faster; then its plan counts, since workers may be reading by it."""
    body = msgspec.json.encode(plan)
    kept = means.temp.put_once(run.workspace(NAME), body, sha256=sha256(body).hexdigest())
    return plan if kept else load(run, means)


@dataclass(slots=True)
class VendorClock:
    """A fetch that remembers the vendor's time of its first answer."""

    through: Fetch
    at: datetime | None = field(default=None)

    def __call__(self, request: Request) -> Answer:
        answer = self.through(request)
        self.at = self.at or answer.at
        return answer


def _decided(run: Run, job: Job, means: Means) -> Plan:
    source = Source.fetch(account_id=run.account_id, source_id=run.source_id)
    if source is None:
        raise FatalError("the source is gone; there is nothing to back up")
    connector, session = means.connector(run.platform), session_for(run, means)
    sealed, refused_before = newest(run, source.last_manifest, means)
    try:
        asked = VendorClock(session.fetch)
        names = wanted(connector, _discovered(connector, asked), source.settings.get("streams"))
        facts = {name: _prepared(connector.stream(name), asked) for name in names}
        own = means.clock.now() - OWN_CLOCK_SLACK
        until = asked.at or _asked_time(connector, facts, asked, own) or own
        deciding = Deciding(connector, asked, sealed.manifest if sealed else None, until, full=job.mode == "full")
        for name, found in facts.items():
            deciding.decide(name, found)
    finally:
        session.close()
    return Plan(
        until=until,
        streams=deciding.plans,
        previous=sealed.as_previous() if sealed else None,
        refused=refused_before,
        parallel=parallel(connector),
    )


def parallel(connector: Connector) -> int:
    """Tell how many workers a platform's limit feeds."""
    limit = connector.limits["default"]
    return workers_for(limit.requests, limit.seconds, latency_seconds=LATENCY_SECONDS, most=PARALLEL)


def _discovered(connector: Connector, fetch: Fetch) -> Sequence[str]:
    return [name for dynamic in connector.dynamic for name in dynamic.discover(fetch)]


def _prepared(stream: Stream, fetch: Fetch) -> Facts | Refusal:
    try:
        return stream.prepare(fetch) if stream.prepare else {}
    except ForbiddenStreamError as no:
        return Refusal("forbidden", str(no))
    except REFUSALS as no:
        return Refusal("failed", str(no))


def _asked_time(
    connector: Connector, facts: Mapping[str, Facts | Refusal], asked: VendorClock, own: datetime
) -> datetime | None:
    """Learn the vendor's time from a first page, where nothing had to be asked so far."""
    for name, found in facts.items():
        stream = connector.stream(name)
        if stream.children is not None or isinstance(found, Refusal):
            continue
        with suppress(*REFUSALS):
            stream.full(asked, Reading(until=own, facts=found), None)
        if asked.at is not None:
            return asked.at
    return None


@dataclass(slots=True)
class Deciding:
    """Decides on one stream after the other, parents before their children."""

    connector: Connector
    ask: Fetch
    manifest: Manifest | None
    until: datetime
    full: bool
    plans: dict[str, StreamPlan] = field(default_factory=dict)
    expected: dict[str, int] = field(default_factory=dict)

    def decide(self, name: str, found: Facts | Refusal) -> None:
        """Plan a stream from what its `prepare` found."""
        stream, level = self.connector.stream(name), depth(self.connector, name)
        if isinstance(found, Refusal):
            self.plans[name] = refused(name, level, found)
            return
        if refusal := _refused_parent(stream, self.plans):
            self.plans[name] = refused(name, level, refusal)
            return
        left, reading = before(self.manifest, name), Reading(until=self.until, facts=found)
        of_parent = self.expected.get(stream.children.of, UNKNOWN) if stream.children else UNKNOWN
        self.expected[name] = expected(stream, left, of_parent, self.ask, reading)
        mode = mode_of(stream, left, self.until, full=self.full)
        worth = mode == "full" and stream.children is None and self.expected[name] > WORTH_WINDOWS
        cuts = windows(stream, self.ask, reading, parallel(self.connector)) if worth else ()
        self.plans[name] = planned(stream, level, mode, left, found, self.expected[name], cuts)


def _refused_parent(stream: Stream, plans: Mapping[str, StreamPlan]) -> Refusal | None:
    refusal = plans[stream.children.of].refusal if stream.children else None
    if refusal is None or stream.children is None:
        return None
    return Refusal(refusal.status, f"{stream.children.of}, whose children these are, is not read: {refusal.reason}")
