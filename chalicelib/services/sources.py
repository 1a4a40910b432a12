"""Sources: what is backed up through a connection, how often, and now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from pynamodb.transactions import TransactWrite

from chalicelib.aws.executions import Executions
from chalicelib.config import settings
from chalicelib.connectors.connector import Connector
from chalicelib.credentials.custody import Custody
from chalicelib.domain.schedule import next_sync
from chalicelib.errors import ConflictError, InvalidFieldsError, NotFoundError
from chalicelib.ids import new_id
from chalicelib.services import connections, jobs, quotas, vendors
from chalicelib.services.expecting import change, expect
from chalicelib.store.accounts import root_of
from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.recording import Deed, recorded
from chalicelib.store.sources import Source
from chalicelib.store.table import Item

Mode = Literal["full", "incremental"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is backed up (`streams`, None: all) and how often (`interval_minutes`, None: only when asked)."""

    streams: Sequence[str] | None
    interval_minutes: int | None

    def settings(self) -> dict[str, Any]:
        """Write the plan as a source's settings."""
        facts = {"streams": list(self.streams) if self.streams else None, "interval_minutes": self.interval_minutes}
        return {name: value for name, value in facts.items() if value is not None}


def get(account_id: str, source_id: str) -> Source:
    """Find a source of the account, a deleted one too; raises NotFoundError."""
    found = Source.fetch(account_id=account_id, source_id=source_id)
    if found is None:
        raise NotFoundError("there is no such source")
    return found


def listed(account_id: str, after: str | None, filters: Mapping[str, str | None]) -> Iterator[Source]:
    """Read the account's sources in order of id; deleted ones only where their status is asked for."""
    begun = Source.SK.format(source_id=after) if after else None
    asked = {name: value for name, value in filters.items() if value is not None}
    for source in Source.within(account_id=account_id, after=begun):
        hidden = source.status == "deleted" and "status" not in asked
        if not hidden and all(getattr(source, name) == value for name, value in asked.items()):
            yield source


def create(
    connection: Connection, connector: Connector, custody: Custody, name: str, plan: Plan, deed: Deed
) -> tuple[Source, Job]:
    """Make a source whose connection works, and ask for its first backup, together.

    Raises ConflictError where the connection does not work or the tenant, the root of the account's tree, has its full
    number of sources, InvalidFieldsError for streams the platform has not.
    """
    _known(connector, plan.streams)
    root = root_of(connection.account_id)
    quotas.must_have_room("sources", Source.of_tree(root), settings().sources_per_account)
    quotas.take(root, "syncs", settings().syncs_per_hour, deed.now)
    access = vendors.check(connector, custody, connection)
    if access.identity is None:
        raise ConflictError(f"the connection does not work ({access.problem}); authorize it again")
    source = _new(connection, root, name, plan, deed)
    job = _asked(source, "incremental", deed)
    source.active_job_id = job.job_id
    _write(source, job, connection, deed)
    return source, job


def update(
    source: Source, connector: Connector, changes: Mapping[str, Any], expected_version: int | None, deed: Deed
) -> Source:
    """Change a source; raises ConflictError where it is not as the caller read it."""
    expect(source.version, expected_version)
    _alive(source)
    plan = Plan(
        streams=changes.get("streams", source.settings.get("streams")),
        interval_minutes=changes.get("interval_minutes", source.settings.get("interval_minutes")),
    )
    _known(connector, plan.streams)
    status = changes.get("status") or source.status
    due = _due(plan, source.next_sync_at, deed.now) if status == "active" else _NEVER
    name = changes.get("name") or source.name
    change(source, deed, source.source_id, name=name, status=status, settings=plan.settings(), **due)
    return source


def delete(source: Source, executions: Executions, deed: Deed) -> Source:
    """Stop backing a source up; its snapshots stay readable until their retention ends."""
    _alive(source)
    change(source, deed, source.source_id, status="deleted", **_NEVER)
    if source.active_job_id:
        running = Job.fetch(account_id=source.account_id, job_id=source.active_job_id)
        if running is not None:
            jobs.stop(running, executions, replace(deed, action="jobs:cancel"))
    return source


def sync(source: Source, mode: Mode, deed: Deed) -> Job:
    """Ask for a backup now: one transaction writes the job and leases the source to it.

    Raises ConflictError where one is under way, the source is deleted, or its connection needs its owner, and
    TooManyRequestsError where the tenant asks too often.
    """
    _alive(source)
    connection = connections.get(source.account_id, source.connection_id)
    if connection.status != "active":
        raise ConflictError(f"the connection is {connection.status}; authorize it again first")
    job = _asked(source, mode, deed)
    quotas.take(job.root, "syncs", settings().syncs_per_hour, deed.now)
    if not begin_job(job, source, now=deed.now):
        raise ConflictError(
            "the source is being backed up already, or was deleted meanwhile; wait for that job or cancel it"
        )
    return job


def _asked(source: Source, mode: Mode, deed: Deed) -> Job:
    asker = {"user_id": deed.user_id, "correlation_id": deed.correlation_id}
    return new_job(source, queue="sync", now=deed.now, mode=mode, **asker)


def _new(connection: Connection, root: str, name: str, plan: Plan, deed: Deed) -> Source:
    return Source.new(
        now=deed.now,
        account_id=connection.account_id,
        root_account_id=root,
        source_id=new_id("src", deed.now),
        user_id=deed.user_id,
        connection_id=connection.connection_id,
        platform=connection.platform,
        name=name,
        settings=plan.settings(),
        **_due(plan, None, deed.now),
    )


def _write(source: Source, job: Job, connection: Connection, deed: Deed) -> None:
    """Write a source and its first job, if the connection is still there and active.

    The connection's version moves, so that whoever deletes it because nothing uses it finds that something does.
    """

    def used(together: TransactWrite) -> None:
        together.update(connection, actions=[Item.version.add(1)], condition=Connection.status == "active")

    if not recorded(deed, source.source_id, used, source.creating(), job.creating()):
        raise ConflictError("the connection is no longer active; authorize it again")


_NEVER: dict[str, Any] = {"due": None, "next_sync_at": None}


def _due(plan: Plan, planned: datetime | None, now: datetime) -> dict[str, Any]:
    """Say when a source is due; what has no interval is never."""
    upcoming = next_sync(plan.settings(), planned, now)
    return {"due": "DUE", "next_sync_at": upcoming} if upcoming else _NEVER


def _known(connector: Connector, streams: Sequence[str] | None) -> None:
    unknown = [name for name in streams or () if not _has(connector, name)]
    if unknown:
        details = [
            {"path": "settings.streams", "message": f"{connector.title} has no stream {name!r}"} for name in unknown
        ]
        raise InvalidFieldsError(f"GET /platforms/{connector.name}/sources lists the streams", details=details)


def _has(connector: Connector, name: str) -> bool:
    try:
        connector.stream(name)
    except KeyError:
        return False
    return True


def _alive(source: Source) -> None:
    if source.status == "deleted":
        raise ConflictError("the source is deleted; its snapshots can still be read")
