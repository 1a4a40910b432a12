"""Make a job's plan once: ask the vendor what there is, read what the snapshot before left, decide, and keep it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from chalicelib.backup import checkpoints, versions
from chalicelib.backup.deciding import Deciding, of_each, readers
from chalicelib.backup.declared import sum_of
from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.missing import discovered, missing
from chalicelib.backup.plan import Plan, Refusal, wanted
from chalicelib.backup.previous import newest
from chalicelib.backup.run import Run
from chalicelib.backup.shaping import Shaping
from chalicelib.backup.sizes import unless_told_to_wait
from chalicelib.backup.vendor import session_for
from chalicelib.connectors.connector import Answer, Connector, Facts, Fetch, Reading, Request, Stream
from chalicelib.errors import FatalError, ForbiddenStreamError, MissingObjectError, RetryableError, SkippableError
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source

NAME = "plan.json"
OWN_CLOCK_SLACK = timedelta(minutes=2)
REFUSALS = (FatalError, SkippableError)
LEAST_SECONDS = 120


def make(run: Run, means: Means, deadline: Deadline) -> Plan:
    """Give the job's plan, deciding on it unless a first attempt has; what it asks waits for its turn in this step.

    Raises RetryableError, or ReauthorizeError where the vendor no longer takes the connection.
    """
    job = checkpoints.running(run)
    return _kept(run, means) or _keep(_decided(run, job, means, deadline), run, means)


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


def _decided(run: Run, job: Job, means: Means, deadline: Deadline) -> Plan:
    source = Source.fetch(account_id=run.account_id, source_id=run.source_id)
    if source is None:
        raise FatalError("the source is gone; there is nothing to back up")
    connector = means.connector(run.platform)
    sealed, refused_before = newest(run, source.last_manifest, means)
    granted = _granted(run)  # before a token is used: what is granted meanwhile is another grant to the next job
    with session_for(run, means, patience=lambda: deadline.left() - LEAST_SECONDS) as session:
        asked = VendorClock(session.fetch)
        found, chosen = discovered(connector, asked), source.settings.get("streams")
        names = wanted(connector, found.names, chosen)
        own = means.clock.now() - OWN_CLOCK_SLACK
        until = asked.at or _asked_time(connector, names, asked, own) or own
        manifest, full = sealed.manifest if sealed else None, job.mode == "full"
        deciding = Deciding(connector, manifest, until, full=full, granted=granted)
        listed = [name for name in names if deciding.mode(name) == "full"]
        prepared = of_each(listed, lambda name: _prepared(connector.stream(name), asked), readers(connector))
        facts = {name: prepared.get(name, {}) for name in names}
        sizes = deciding.sizes(facts, asked)
        parallel = readers(connector, session.latency_seconds())
    return Plan(
        until=until,
        streams=deciding.plans(facts, Shaping(sizes, parallel)),
        previous=sealed.as_previous() if sealed else None,
        refused=refused_before,
        parallel=parallel,
        missing=missing(connector, found, chosen, manifest),
    )


def _granted(run: Run) -> str:
    connection = Connection.fetch(account_id=run.account_id, connection_id=run.connection_id)
    return sum_of(connection.scopes) if connection is not None else ""


def _prepared(stream: Stream, asked: VendorClock) -> Facts | Refusal:
    """Ask for what a stream has to know; one that is broken at a vendor that has answered others ends alone."""
    try:
        return stream.prepare(asked) if stream.prepare else {}
    except ForbiddenStreamError as no:
        return Refusal("forbidden", str(no))
    except REFUSALS as no:
        return Refusal("failed", str(no))
    except RetryableError as broken:
        if asked.at is None or not broken.unexplained:
            raise
        return Refusal("failed", str(broken))


def _asked_time(connector: Connector, names: Sequence[str], asked: VendorClock, own: datetime) -> datetime | None:
    """Learn the vendor's time from a first page, where nothing had to be asked so far."""
    for stream in (connector.stream(name) for name in names):
        if stream.children is not None or stream.prepare is not None:
            continue
        with suppress(*REFUSALS), unless_told_to_wait():
            stream.full(asked, Reading(until=own), None)
        if asked.at is not None:
            return asked.at
    return None
