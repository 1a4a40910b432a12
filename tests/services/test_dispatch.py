"""How jobs come to run, and how they end when nobody else ends them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.executions import Executions
from chalicelib.aws.queue import Queues
from chalicelib.errors import FatalError, TooManyRequestsError
from chalicelib.ids import new_id
from chalicelib.services import dispatch
from chalicelib.store.activity import Event
from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from chalicelib.store.table import Item
from tests.faults.calls import Refusing, seen

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
PASSING = json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}})


@pytest.fixture
def queues() -> Iterator[Queues]:
    with mock_aws():
        Item.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        sqs = boto3.client("sqs")
        for name in ("sync", "backup"):
            sqs.create_queue(QueueName=f"listbackup-test-{name}.fifo", Attributes={"FifoQueue": "true"})
        yield Queues(sqs, "listbackup-test")


@pytest.fixture
def executions(queues: Queues) -> Executions:
    machine = boto3.client("stepfunctions").create_state_machine(
        name="backup", definition=PASSING, roleArn="arn:aws:iam::123456789012:role/machine"
    )
    return Executions(boto3.client("stepfunctions"), machine["stateMachineArn"])


def a_source(account: str = "acc_1", **fields: Any) -> Source:
    """A source with an active connection."""
    source_id, connection_id = new_id("src", NOW), new_id("con", NOW)
    Connection.new(
        now=NOW, account_id=account, connection_id=connection_id, user_id="usr_1", platform="stripe", name="Stripe"
    ).create()
    source = Source.new(
        now=NOW,
        account_id=account,
        source_id=source_id,
        user_id="usr_1",
        connection_id=connection_id,
        platform="stripe",
        name="Stripe",
        **fields,
    )
    source.create()
    return source


def a_job(source: Source, status: str = "pending", at: datetime = NOW) -> Job:
    job = new_job(source, queue="sync", now=at)
    job.status = status
    assert begin_job(job, source, now=at)
    return job


def inserted(job: Job) -> dict[str, Any]:
    return {"eventName": "INSERT", "dynamodb": {"NewImage": job.serialize()}}


def message(job: Job, receives: int = 1) -> dict[str, Any]:
    return {
        "body": json.dumps({"account_id": job.account_id, "job_id": job.job_id}),
        "receiptHandle": "none",
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }


def waiting(queues: Queues, name: str = "sync") -> list[dict[str, Any]]:
    url = queues.client.get_queue_url(QueueName=f"listbackup-test-{name}.fifo")["QueueUrl"]
    found = queues.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    return list(found.get("Messages", []))


def status_of(job: Job) -> str:
    found = Job.fetch(account_id=job.account_id, job_id=job.job_id)
    assert found is not None
    return str(found.status)


def lease_of(source: Source) -> str | None:
    found = Source.fetch(account_id=source.account_id, source_id=source.source_id)
    assert found is not None
    return found.active_job_id


def test_a_new_job_of_the_stream_becomes_one_message_of_its_account(queues: Queues) -> None:
    job = a_job(a_source())

    dispatch.route([inserted(job)], queues=queues, now=NOW)

    (sent,) = waiting(queues)
    assert json.loads(sent["Body"]) == {"account_id": "acc_1", "job_id": job.job_id}
    assert sent["Attributes"]["MessageGroupId"] == "acc_1"
    assert status_of(job) == "queued"


def test_a_doubled_stream_record_becomes_one_message(queues: Queues) -> None:
    job = a_job(a_source())

    dispatch.route([inserted(job)], queues=queues, now=NOW)
    dispatch.route([inserted(job), inserted(job)], queues=queues, now=NOW)

    assert len(waiting(queues)) == 1


def test_other_changes_of_the_table_are_no_messages(queues: Queues) -> None:
    source = a_source()
    job = a_job(source)
    changed = {**inserted(job), "eventName": "MODIFY"}
    other = {"eventName": "INSERT", "dynamodb": {"NewImage": source.serialize()}}

    dispatch.route([changed, other, {"eventName": "REMOVE", "dynamodb": {}}], queues=queues, now=NOW)

    assert waiting(queues) == []


def test_f7_a_doubled_message_starts_one_execution(queues: Queues, executions: Executions) -> None:
    job = a_job(a_source(), "queued")

    dispatch.start(message(job), queues=queues, executions=executions)
    dispatch.start(message(job), queues=queues, executions=executions)

    found = executions.client.list_executions(stateMachineArn=executions.machine_arn)["executions"]
    assert [one["name"] for one in found] == [job.job_id]


@pytest.mark.parametrize("ended", ["completed", "cancelled", "failed"])
def test_f8_f12_a_message_of_a_job_that_has_ended_starts_nothing(
    queues: Queues, executions: Executions, ended: str
) -> None:
    job = a_job(a_source(), ended)

    dispatch.start(message(job), queues=queues, executions=executions)

    assert executions.status(job.job_id) is None


@pytest.mark.parametrize("account", ["acc_2", "acc_1#JOB", "acc_10", ""])
def test_s18_a_message_with_another_account_starts_nothing_and_is_refused(
    queues: Queues, executions: Executions, account: str
) -> None:
    job = a_job(a_source(), "queued")
    a_source("acc_2")
    forged = message(job) | {"body": json.dumps({"account_id": account, "job_id": job.job_id})}

    with pytest.raises(FatalError, match="no job of its account"):
        dispatch.start(forged, queues=queues, executions=executions)

    assert executions.status(job.job_id) is None


def test_s18_a_message_of_a_job_that_is_gone_starts_nothing_and_is_refused(
    queues: Queues, executions: Executions
) -> None:
    job = a_job(a_source())
    job.delete()

    with pytest.raises(FatalError, match="no job of its account"):
        dispatch.start(message(job), queues=queues, executions=executions)

    assert executions.status(job.job_id) is None


@pytest.mark.parametrize("forged", [{"source_id": "src_of_eve"}, {"connection_id": "con_of_eve"}])
def test_s18_a_job_that_is_not_its_sources_starts_nothing_and_is_refused(
    queues: Queues, executions: Executions, forged: dict[str, str]
) -> None:
    job = a_job(a_source(), "queued")
    job.update(actions=[getattr(Job, name).set(value) for name, value in forged.items()])

    with pytest.raises(FatalError, match="not the one its source is leased to"):
        dispatch.start(message(job), queues=queues, executions=executions)

    assert executions.status(job.job_id) is None


def test_s18_a_second_job_of_a_leased_source_starts_nothing_and_is_refused(
    queues: Queues, executions: Executions
) -> None:
    source = a_source()
    a_job(source, "running")
    slipped_in = new_job(source, queue="sync", now=NOW + timedelta(seconds=1))
    slipped_in.create()

    with pytest.raises(FatalError, match="not the one its source is leased to"):
        dispatch.start(message(slipped_in), queues=queues, executions=executions)


def test_s18_an_execution_is_told_what_the_table_says_whatever_the_message_does(
    queues: Queues, executions: Executions
) -> None:
    job = a_job(a_source(), "queued")
    more = {"account_id": "acc_1", "job_id": job.job_id, "source_id": "src_of_eve", "platform": "hubspot", "round": 7}

    dispatch.start(message(job) | {"body": json.dumps(more)}, queues=queues, executions=executions)

    (run,) = executions.client.list_executions(stateMachineArn=executions.machine_arn)["executions"]
    told = json.loads(executions.client.describe_execution(executionArn=run["executionArn"])["input"])
    assert (told["source_id"], told["platform"]) == (job.source_id, "stripe")


def test_s18_what_is_refused_ends_among_the_dead_letters(queues: Queues, executions: Executions) -> None:
    sqs = queues.client
    dead = sqs.create_queue(QueueName="listbackup-test-dlq.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    live = sqs.get_queue_url(QueueName="listbackup-test-sync.fifo")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=live, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "0"})
    queues.send("sync", {"account_id": "acc_2", "job_id": "job_of_ada"}, group="acc_2", deduplication="forged")

    for _ in range(3):
        (seen,) = waiting(queues)
        record = {"body": seen["Body"], "receiptHandle": seen["ReceiptHandle"], "attributes": seen["Attributes"]}
        with pytest.raises(FatalError):
            dispatch.start(record, queues=queues, executions=executions)

    assert waiting(queues) == []
    assert len(sqs.receive_message(QueueUrl=dead)["Messages"]) == 1


def test_f10_a_message_that_is_no_job_is_left_to_the_dead_letters(queues: Queues, executions: Executions) -> None:
    poison = {"body": "not json", "receiptHandle": "none", "attributes": {"ApproximateReceiveCount": "1"}}

    with pytest.raises(json.JSONDecodeError):
        dispatch.start(poison, queues=queues, executions=executions)


def test_an_account_over_its_limit_waits_in_the_queue(queues: Queues, executions: Executions) -> None:
    for _ in range(dispatch.RUNNING_PER_ACCOUNT):
        a_job(a_source(), "running")
    job = a_job(a_source(), "queued")
    queues.send("sync", {}, group="acc_1", deduplication="held")
    (held,) = waiting(queues)

    with pytest.raises(TooManyRequestsError):
        dispatch.start(message(job) | {"receiptHandle": held["ReceiptHandle"]}, queues=queues, executions=executions)

    assert executions.status(job.job_id) is None


def test_a_job_put_off_again_and_again_is_sent_anew_before_the_queue_gives_it_up(
    queues: Queues, executions: Executions
) -> None:
    for _ in range(dispatch.RUNNING_PER_ACCOUNT):
        a_job(a_source(), "running")
    job = a_job(a_source(), "queued")

    dispatch.start(message(job, receives=dispatch.RECEIVES), queues=queues, executions=executions)

    (again,) = waiting(queues)
    assert json.loads(again["Body"]) == {"account_id": "acc_1", "job_id": job.job_id, "round": 1}


def test_another_accounts_jobs_do_not_hold_up_this_ones(queues: Queues, executions: Executions) -> None:
    for _ in range(dispatch.RUNNING_PER_ACCOUNT):
        a_job(a_source("acc_2"), "running")
    job = a_job(a_source(), "queued")

    dispatch.start(message(job), queues=queues, executions=executions)

    assert executions.status(job.job_id) == "RUNNING"


def scheduled(minutes: int = 60, **fields: Any) -> Source:
    planned = fields.pop("next_sync_at", NOW - timedelta(minutes=5))
    return a_source(due="DUE", next_sync_at=planned, settings={"interval_minutes": minutes}, **fields)


def test_a_source_that_is_due_gets_a_job_and_its_next_time(queues: Queues) -> None:
    source = scheduled()

    (job,) = dispatch.sync_due(NOW)

    found = Source.fetch(account_id="acc_1", source_id=source.source_id)
    assert found is not None
    assert (job.queue, job.source_id, found.active_job_id) == ("backup", source.source_id, job.job_id)
    assert found.next_sync_at == NOW + timedelta(minutes=55)


def test_a_job_that_the_schedule_begins_is_recorded_as_nobodys(queues: Queues) -> None:
    scheduled()

    (job,) = dispatch.sync_due(NOW)

    (event,) = Event.within(account_id="acc_1")
    assert (event.action, event.user_id) == ("sources:sync", None)
    assert event.resource_id == event.correlation_id == job.job_id


def test_an_account_too_busy_to_record_is_left_for_the_next_time_and_holds_up_no_other(queues: Queues) -> None:
    scheduled(), scheduled(account="acc_2")

    with seen("before-call", Refusing("TransactionConflict", 1000, holding="acc_1")):
        begun = dispatch.sync_due(NOW)

    assert [job.account_id for job in begun] == ["acc_2"]
    assert [job.account_id for job in dispatch.sync_due(NOW)] == ["acc_1"]


def test_two_schedulers_at_once_begin_one_job(queues: Queues) -> None:
    scheduled()

    begun = [*dispatch.sync_due(NOW), *dispatch.sync_due(NOW)]

    assert len(begun) == 1


def test_a_busy_source_is_skipped_to_its_next_time(queues: Queues) -> None:
    source = scheduled()
    running = a_job(source, "running", at=NOW - timedelta(minutes=10))

    assert dispatch.sync_due(NOW) == []

    found = Source.fetch(account_id="acc_1", source_id=source.source_id)
    assert found is not None
    assert (found.active_job_id, found.next_sync_at) == (running.job_id, NOW + timedelta(minutes=55))


def test_a_source_whose_connection_needs_its_owner_is_not_backed_up_in_vain(queues: Queues) -> None:
    source = scheduled()
    connection = Connection.fetch(account_id="acc_1", connection_id=source.connection_id)
    assert connection is not None
    connection.change(now=NOW, status="expired")

    assert dispatch.sync_due(NOW) == []


def test_a_source_that_is_not_due_waits(queues: Queues) -> None:
    scheduled(next_sync_at=NOW + timedelta(seconds=1))

    assert dispatch.sync_due(NOW) == []


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
    assert (found.status, found.index2_pk, lease_of(source)) == ("failed", None, None)
    assert "TIMED_OUT" in found.error["message"]


def test_what_a_job_came_to_is_recorded_once_under_the_request_that_asked_for_it(queues: Queues) -> None:
    source = a_source()
    job = new_job(source, queue="sync", now=NOW, user_id="usr_1", correlation_id="request-1")
    assert begin_job(job, source, now=NOW)
    event = {"detail": {"name": job.job_id, "status": "FAILED", "input": json.dumps({"account_id": "acc_1"})}}

    dispatch.close_dead(event, now=NOW)
    dispatch.close_dead(event, now=NOW)

    begun, ended = Event.within(account_id="acc_1")
    assert (begun.action, begun.user_id, ended.action, ended.user_id) == ("sources:sync", "usr_1", "jobs:end", None)
    assert (ended.resource_id, ended.details, ended.correlation_id) == (job.job_id, {"status": "failed"}, "request-1")
