"""Jobs: what was asked for, and how far it has come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.caller import Caller
from chalicelib.api.endpoint import endpoint
from chalicelib.api.listing import Page, page
from chalicelib.api.models import Body, Listing, View
from chalicelib.services import jobs
from chalicelib.services.expecting import expect
from chalicelib.services.jobs import StreamProgress
from chalicelib.services.outside import outside
from chalicelib.store.jobs import Job
from chalicelib.store.recording import Deed

routes = Blueprint(__name__)

Status = Literal["pending", "queued", "running", "completed", "partial", "failed", "cancelled"]


class JobChanges(Body):
    """The one change a job takes from outside."""

    status: Literal["cancelled"]


class JobFilter(Listing):
    status: Status | None = None
    source_id: str | None = Field(default=None, max_length=64)


class ProgressView(View):
    """How far one stream has come; `seen` are records found unchanged, which are not stored again."""

    stream: str
    records: int
    seen: int
    parts: int
    stored_bytes: int
    requests: int
    skipped: int
    done: bool
    problems: Sequence[str]

    @classmethod
    def of(cls, progress: StreamProgress) -> Self:
        """Show a stream's progress."""
        return cls(**{name: getattr(progress, name) for name in cls.model_fields})


class JobView(View):
    """A job; `result` is what its snapshot came to, `error` why it failed."""

    job_id: str = Field(examples=["job_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"])
    source_id: str
    connection_id: str
    platform: str
    snapshot_id: str
    type: str
    mode: str
    queue: str
    status: Status
    requested_by: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    version: int

    @classmethod
    def of(cls, job: Job) -> Self:
        """Show a job."""
        return cls(**_facts(job))


class JobDetailView(JobView):
    progress: Sequence[ProgressView]


@endpoint(
    routes,
    "GET",
    "/jobs",
    name="jobs.list",
    allow="jobs:view",
    query=JobFilter,
    returns=Page[JobView],
)
def list_(caller: Caller, query: JobFilter) -> Page[JobView]:
    """List the account's jobs, newest first."""
    return page(
        caller,
        "jobs.list",
        query,
        lambda after: jobs.listed(caller.account_id, after, query.status, query.source_id),
        show=JobView.of,
        position=lambda job: job.job_id,
    )


@endpoint(routes, "GET", "/jobs/{job_id}", name="jobs.get", allow="jobs:view", reads=Job, returns=JobDetailView)
def get(_caller: Caller, job_id: str, found: Job) -> JobDetailView:  # noqa: ARG001 (it is found already)
    """Show a job and how far each of its streams has come."""
    return _detail(found)


@endpoint(
    routes,
    "PATCH",
    "/jobs/{job_id}",
    name="jobs.update",
    allow="jobs:cancel",
    body=JobChanges,
    returns=JobDetailView,
    errors=(409,),
)
def update(caller: Caller, job_id: str, body: JobChanges, deed: Deed) -> JobDetailView:  # noqa: ARG001 (the one change)
    """Cancel a job: its source is free at once, its execution stopped."""
    job = jobs.get(caller.account_id, job_id)
    expect(job.version, caller.expected_version)
    return _detail(jobs.cancel(job, outside().executions, deed))


def _detail(job: Job) -> JobDetailView:
    return JobDetailView(**_facts(job), progress=[ProgressView.of(one) for one in jobs.progress(job)])


def _facts(job: Job) -> dict[str, Any]:
    fields = JobView.model_fields.keys() - {"requested_by", "version"}
    facts = {name: getattr(job, name) for name in fields}
    return {**facts, "requested_by": job.user_id, "version": int(job.version)}
