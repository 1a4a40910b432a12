"""Sources: what is backed up through a connection."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.caller import Caller
from chalicelib.api.connections import AccessView
from chalicelib.api.endpoint import endpoint
from chalicelib.api.jobs import JobView
from chalicelib.api.listing import Page, page
from chalicelib.api.models import Body, Listing, Name, View
from chalicelib.services import connections, platforms, sources, vendors
from chalicelib.services.expecting import expect
from chalicelib.services.outside import outside
from chalicelib.services.sources import Plan
from chalicelib.store.recording import Deed
from chalicelib.store.sources import Source

routes = Blueprint(__name__)

DAILY = 24 * 60
Interval = Annotated[int, Field(ge=15, le=30 * DAILY)]
Streams = Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(min_length=1, max_length=200)]


class SourceSettings(Body):
    """What is backed up (`streams`, all if null) and how often (`intervalMinutes`, only when asked if null)."""

    streams: Streams | None = None
    interval_minutes: Interval | None = DAILY


class NewSource(Body):
    connection_id: str = Field(max_length=64, examples=["con_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"])
    name: Name = Field(examples=["Stripe, everything"])
    settings: SourceSettings = SourceSettings()


class SettingsChanges(Body):
    """Fields that are left out stay as they are; null takes the limit or the schedule away."""

    streams: Streams | None = None
    interval_minutes: Interval | None = None


class SourceChanges(Body):
    """Fields that are left out or null stay as they are."""

    name: Name | None = None
    status: Literal["active", "paused"] | None = None
    settings: SettingsChanges = SettingsChanges()


class NewSync(Body):
    mode: Literal["full", "incremental"] = "incremental"


class SourceFilter(Listing):
    status: Literal["active", "paused", "error", "deleted"] | None = None
    platform: str | None = Field(default=None, max_length=64)
    connection_id: str | None = Field(default=None, max_length=64)


class SettingsView(View):
    streams: Sequence[str] | None
    interval_minutes: int | None


class SourceView(View):
    """A source; `activeJobId` is the backup under way, `lastSnapshotId` the newest sealed snapshot."""

    source_id: str = Field(examples=["src_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"])
    connection_id: str
    platform: str
    name: str
    status: str
    settings: SettingsView
    active_job_id: str | None
    last_snapshot_id: str | None
    last_sync_at: datetime | None
    next_sync_at: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, source: Source) -> Self:
        """Show a source."""
        return cls(**_facts(source))


class NewSourceView(SourceView):
    job: JobView


@endpoint(
    routes,
    "POST",
    "/sources",
    name="sources.create",
    allow="sources:create",
    body=NewSource,
    returns=NewSourceView,
    status=201,
    errors=(404, 409, 429, 502, 503),
)
def create(caller: Caller, body: NewSource, deed: Deed) -> NewSourceView:
    """Create a source once its connection has proved to work, and ask for its first backup."""
    connection = connections.get(caller.account_id, body.connection_id)
    plan = Plan(body.settings.streams, body.settings.interval_minutes)
    connector = platforms.connector(connection.platform)
    source, job = sources.create(connection, connector, outside().custody, body.name, plan, deed)
    return NewSourceView(**_facts(source), job=JobView.of(job))


@endpoint(
    routes,
    "GET",
    "/sources",
    name="sources.list",
    allow="sources:view",
    query=SourceFilter,
    returns=Page[SourceView],
)
def list_(caller: Caller, query: SourceFilter) -> Page[SourceView]:
    """List the account's sources; deleted ones only with `status=deleted`."""
    filters = query.model_dump(include={"status", "platform", "connection_id"})
    return page(
        caller,
        "sources.list",
        query,
        lambda after: sources.listed(caller.account_id, after, filters),
        show=SourceView.of,
        position=lambda source: source.source_id,
    )


@endpoint(routes, "GET", "/sources/{source_id}", name="sources.get", allow="sources:view", returns=SourceView)
def get(caller: Caller, source_id: str) -> SourceView:
    """Show a source."""
    return SourceView.of(sources.get(caller.account_id, source_id))


@endpoint(
    routes,
    "PATCH",
    "/sources/{source_id}",
    name="sources.update",
    allow="sources:update",
    body=SourceChanges,
    returns=SourceView,
    errors=(409,),
)
def update(caller: Caller, source_id: str, body: SourceChanges, deed: Deed) -> SourceView:
    """Rename or pause a source, or change what is backed up and how often."""
    source = sources.get(caller.account_id, source_id)
    changes = {"name": body.name, "status": body.status, **body.settings.model_dump(exclude_unset=True)}
    connector = platforms.connector(source.platform)
    return SourceView.of(sources.update(source, connector, changes, caller.expected_version, deed))


@endpoint(
    routes,
    "DELETE",
    "/sources/{source_id}",
    name="sources.delete",
    allow="sources:delete",
    returns=SourceView,
    errors=(409,),
)
def delete(caller: Caller, source_id: str, deed: Deed) -> SourceView:
    """Stop backing a source up; its snapshots stay readable until their retention ends."""
    source = sources.get(caller.account_id, source_id)
    expect(source.version, caller.expected_version)
    return SourceView.of(sources.delete(source, outside().executions, deed))


@endpoint(
    routes,
    "POST",
    "/sources/{source_id}/sync",
    name="sources.sync",
    allow="sources:sync",
    body=NewSync,
    returns=JobView,
    status=202,
    errors=(409, 429),
)
def sync(caller: Caller, source_id: str, body: NewSync, deed: Deed) -> JobView:
    """Ask for a backup now; refused while one is under way."""
    source = sources.get(caller.account_id, source_id)
    return JobView.of(sources.sync(source, body.mode, deed))


@endpoint(
    routes,
    "POST",
    "/sources/{source_id}/test",
    name="sources.test",
    allow="sources:test",
    returns=AccessView,
    errors=(429, 502, 503),
)
def test(caller: Caller, source_id: str, deed: Deed) -> AccessView:
    """Ask the platform whether the source's connection works."""
    source = sources.get(caller.account_id, source_id)
    connection = connections.get(caller.account_id, source.connection_id)
    connector = platforms.connector(source.platform)
    vendors.must_have_leave(caller.account.root_account_id, caller.now)
    return AccessView.of(connections.test(connection, connector, outside().custody, deed, source_id))


def _facts(source: Source) -> dict[str, Any]:
    fields = SourceView.model_fields.keys() - {"settings", "created_by", "version"}
    plan = SettingsView(
        streams=source.settings.get("streams"), interval_minutes=source.settings.get("interval_minutes")
    )
    facts = {name: getattr(source, name) for name in fields}
    return {**facts, "settings": plan, "created_by": source.user_id, "version": int(source.version)}
