"""How jobs end when nobody else ends them."""

import json
from datetime import timedelta

import pytest

from chalicelib.aws.executions import Executions
from chalicelib.aws.queue import Queues
from chalicelib.services import dispatch
from chalicelib.store.activity import Event
from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.jobs import Job
from tests.services.jobs import NOW, a_job, a_source, lease_of, status_of, waiting


def test_a_job_that_was_never_sent_is_sent_by_the_sweeper(queues: Queues, executions: Executions) -> None:
    job = a_job(a_source(), at=NOW - timedelta(minutes=5))

    dispatch.sweep(NOW, queues=queues, executions=executions)

    assert len(waiting(queues)) == 1
    assert status_of(job) == "queued"


@pytest.mark.parametrize(
    ("status", "minutes", "becomes"),
    [("running", 11, "failed"), ("running", 9, "running"), ("queued", 350, "queued"), ("queued", 361, "failed")],
)
def test_a_job_without_an_execution_is_ended_and_its_source_freed(
    queues: Queues, executions: Executions, status: str, minutes: int, becomes: str
) -> None:
    source = a_source()
    job = a_job(source, status, at=NOW - timedelta(minutes=minutes))

    dispatch.sweep(NOW, queues=queues, executions=executions)

    assert status_of(job) == becomes
    assert (lease_of(source) is None) == (becomes == "failed")


def test_a_job_that_is_being_run_is_let_be(queues: Queues, executions: Executions) -> None:
    job = a_job(a_source(), "running", at=NOW - timedelta(days=1))
    executions.start(job.job_id, {})

    dispatch.sweep(NOW, queues=queues, executions=executions)

    assert status_of(job) == "running"


def test_the_job_of_an_execution_that_died_is_ended(queues: Queues) -> None:
    source = a_source()
    job = a_job(source, "running")
    event = {"detail": {"name": job.job_id, "status": "TIMED_OUT", "input": json.dumps({"account_id": "acc_1"})}}

    dispatch.close_dead(event, now=NOW)
    dispatch.close_dead(event, now=NOW)

    found = Job.fetch(account_id="acc_1", job_id=job.job_id)
    assert found is not None
    assert [found.status, found.index2_pk, lease_of(source)] == ["failed", None, None]
    assert "TIMED_OUT" in found.error["message"]


def test_what_a_job_came_to_is_recorded_once_under_the_request_that_asked_for_it(queues: Queues) -> None:
    source = a_source()
    job = new_job(source, queue="sync", now=NOW, user_id="usr_1", correlation_id="request-1")
    assert begin_job(job, source, now=NOW)
    event = {"detail": {"name": job.job_id, "status": "FAILED", "input": json.dumps({"account_id": "acc_1"})}}

    dispatch.close_dead(event, now=NOW)
    dispatch.close_dead(event, now=NOW)

    begun, ended = Event.within(account_id="acc_1")
    assert [begun.action, begun.user_id, ended.action, ended.user_id] == ["sources:sync", "usr_1", "jobs:end", None]
    assert (ended.resource_id, ended.details, ended.correlation_id) == (job.job_id, {"status": "failed"}, "request-1")
