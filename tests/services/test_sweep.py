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
from chalicelib.telemetry import metrics
from tests.services.jobs import NOW, a_job, a_source, another_of, lease_of, message, status_of, waiting


def test_a_job_that_was_never_sent_is_sent_by_the_sweeper(queues: Queues, executions: Executions) -> None:
    job = a_job(a_source(), at=NOW - timedelta(minutes=5))

    dispatch.sweep(NOW, queues=queues, executions=executions)

    assert len(waiting(queues)) == 1
    assert status_of(job) == "queued"


@pytest.mark.parametrize(("minutes", "becomes"), [(11, "failed"), (9, "running")])
def test_a_running_job_without_an_execution_is_ended_and_its_source_freed(
    queues: Queues, executions: Executions, minutes: int, becomes: str
) -> None:
    source = a_source()
    job = a_job(source, "running", at=NOW - timedelta(minutes=minutes))

    dispatch.sweep(NOW, queues=queues, executions=executions)

    assert status_of(job) == becomes
    assert (lease_of(source) is None) == (becomes == "failed")


def test_a_job_that_waited_for_long_is_not_taken_for_lost_as_soon_as_it_runs(
    queues: Queues, executions: Executions
) -> None:
    job = a_job(a_source(), "running", at=NOW - timedelta(days=2))
    job.update(actions=[Job.started_at.set(NOW - timedelta(minutes=1))])

    dispatch.sweep(NOW, queues=queues, executions=executions)

    assert status_of(job) == "running"


def test_a_job_that_waits_for_days_is_sent_anew_and_never_given_up(queues: Queues, executions: Executions) -> None:
    source = a_source()
    job = a_job(source, "queued", at=NOW - timedelta(days=3))

    dispatch.sweep(NOW, queues=queues, executions=executions)

    (again,) = waiting(queues)
    assert json.loads(again["Body"]) == {"account_id": "acc_1", "job_id": job.job_id, "resent": 1}
    assert (status_of(job), lease_of(source)) == ("queued", job.job_id)


def test_a_job_whose_message_was_given_up_is_started_by_the_one_that_is_sent_anew(
    queues: Queues, executions: Executions
) -> None:
    job = a_job(a_source(), "queued", at=NOW - timedelta(minutes=16))

    dispatch.sweep(NOW, queues=queues, executions=executions)
    (again,) = waiting(queues)
    dispatch.start(message(job) | {"body": again["Body"]}, queues=queues, executions=executions, now=NOW)

    assert executions.status(job.job_id) == "RUNNING"


def test_a_waiting_job_has_one_message_that_counts_however_often_it_is_sent(
    queues: Queues, executions: Executions
) -> None:
    job = a_job(a_source(), "queued", at=NOW - timedelta(hours=1))

    for minutes in (0, 5, 10, 15, 20):
        dispatch.sweep(NOW + timedelta(minutes=minutes), queues=queues, executions=executions)

    kept = Job.fetch(account_id="acc_1", job_id=job.job_id)
    assert kept is not None
    assert kept.resent == 2


def test_a_queued_job_that_its_source_is_not_leased_to_is_ended(queues: Queues, executions: Executions) -> None:
    source = a_source()
    job = a_job(source, "queued", at=NOW - timedelta(minutes=16))
    source.delete()

    dispatch.sweep(NOW, queues=queues, executions=executions)

    assert (status_of(job), waiting(queues)) == ("failed", [])


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


def test_a_job_that_was_ended_for_its_execution_is_counted_once(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    metrics.clear_metrics()
    job = a_job(a_source(), "running")
    event = {"detail": {"name": job.job_id, "status": "FAILED", "input": json.dumps({"account_id": "acc_1"})}}

    dispatch.close_dead(event, now=NOW)
    dispatch.close_dead(event, now=NOW)

    metrics.flush_metrics()
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    assert told["JobsLost"] == [1.0]


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


def test_jobs_that_wait_longer_than_their_queue_promises_are_counted_over_all_accounts(
    queues: Queues, executions: Executions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    metrics.clear_metrics()
    a_job(a_source(), "queued", at=NOW - timedelta(minutes=4))
    a_job(a_source("acc_2"), "queued", at=NOW - timedelta(minutes=6))
    long = a_source("acc_3")
    a_job(long, "running", at=NOW - timedelta(days=1))
    a_job(another_of(long), "queued", at=NOW - timedelta(days=1))

    dispatch.sweep(NOW, queues=queues, executions=executions)

    metrics.flush_metrics()
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    assert told["JobsOverdue"] == [1.0]
    assert told["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
