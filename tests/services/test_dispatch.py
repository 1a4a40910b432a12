"""How a job becomes a message, and a message an execution."""

import json
from datetime import timedelta

import pytest

from chalicelib.aws.executions import Executions
from chalicelib.aws.queue import Queues
from chalicelib.errors import FatalError
from chalicelib.services import dispatch, slots
from chalicelib.store.beginnings import new_job
from chalicelib.store.endings import end_job
from chalicelib.store.jobs import Job
from tests.services.jobs import (
    NOW,
    a_job,
    a_source,
    another_of,
    inserted,
    message,
    received,
    record_of,
    status_of,
    waiting,
)


def test_a_new_job_of_the_stream_becomes_one_message_of_its_account(queues: Queues) -> None:
    job = a_job(a_source())

    dispatch.route([inserted(job)], queues=queues, now=NOW)

    (sent,) = waiting(queues)
    assert json.loads(sent["Body"]) == {"account_id": "acc_1", "job_id": job.job_id, "resent": 0}
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

    dispatch.start(message(job), queues=queues, executions=executions, now=NOW)
    dispatch.start(message(job), queues=queues, executions=executions, now=NOW)

    found = executions.client.list_executions(stateMachineArn=executions.machine_arn)["executions"]
    assert [one["name"] for one in found] == [job.job_id]


@pytest.mark.parametrize("ended", ["completed", "cancelled", "failed"])
def test_f8_f12_a_message_of_a_job_that_has_ended_starts_nothing(
    queues: Queues, executions: Executions, ended: str
) -> None:
    job = a_job(a_source(), ended)

    dispatch.start(message(job), queues=queues, executions=executions, now=NOW)

    assert executions.status(job.job_id) is None


@pytest.mark.parametrize("account", ["acc_2", "acc_1#JOB", "acc_10", ""])
def test_s18_a_message_with_another_account_starts_nothing_and_is_refused(
    queues: Queues, executions: Executions, account: str
) -> None:
    job = a_job(a_source(), "queued")
    a_source("acc_2")
    forged = received(queues, json.dumps({"account_id": account, "job_id": job.job_id}))

    with pytest.raises(FatalError, match="no job of its account"):
        dispatch.start(forged, queues=queues, executions=executions, now=NOW)

    assert executions.status(job.job_id) is None


def test_s18_a_message_of_a_job_that_is_gone_starts_nothing_and_is_refused(
    queues: Queues, executions: Executions
) -> None:
    job = a_job(a_source())
    job.delete()

    with pytest.raises(FatalError, match="no job of its account"):
        dispatch.start(received(queues, message(job)["body"]), queues=queues, executions=executions, now=NOW)

    assert executions.status(job.job_id) is None


@pytest.mark.parametrize("forged", [{"source_id": "src_of_eve"}, {"connection_id": "con_of_eve"}])
def test_s18_a_job_that_is_not_its_sources_starts_nothing_and_is_refused(
    queues: Queues, executions: Executions, forged: dict[str, str]
) -> None:
    job = a_job(a_source(), "queued")
    job.update(actions=[getattr(Job, name).set(value) for name, value in forged.items()])

    with pytest.raises(FatalError, match="not the one its source is leased to"):
        dispatch.start(received(queues, message(job)["body"]), queues=queues, executions=executions, now=NOW)

    assert executions.status(job.job_id) is None


def test_s18_a_second_job_of_a_leased_source_starts_nothing_and_is_refused(
    queues: Queues, executions: Executions
) -> None:
    source = a_source()
    a_job(source, "running")
    slipped_in = new_job(source, queue="sync", now=NOW + timedelta(seconds=1))
    slipped_in.create()

    with pytest.raises(FatalError, match="not the one its source is leased to"):
        dispatch.start(received(queues, message(slipped_in)["body"]), queues=queues, executions=executions, now=NOW)


def test_s18_an_execution_is_told_what_the_table_says_whatever_the_message_does(
    queues: Queues, executions: Executions
) -> None:
    job = a_job(a_source(), "queued")
    more = {"account_id": "acc_1", "job_id": job.job_id, "source_id": "src_of_eve", "platform": "hubspot", "resent": 7}

    dispatch.start(message(job) | {"body": json.dumps(more)}, queues=queues, executions=executions, now=NOW)

    (run,) = executions.client.list_executions(stateMachineArn=executions.machine_arn)["executions"]
    told = json.loads(executions.client.describe_execution(executionArn=run["executionArn"])["input"])
    assert (told["source_id"], told["platform"]) == (job.source_id, "stripe")


def test_s18_what_is_refused_ends_among_the_dead_letters_without_its_group_waiting_for_long(
    queues: Queues, executions: Executions
) -> None:
    sqs = queues.client
    dead = sqs.create_queue(QueueName="listbackup-test-dlq.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    live = sqs.get_queue_url(QueueName="listbackup-test-sync.fifo")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=live, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "90"})
    queues.send("sync", {"account_id": "acc_2", "job_id": "job_of_ada"}, group="acc_2", deduplication="forged")

    for _ in range(3):
        (seen,) = waiting(queues)
        with pytest.raises(FatalError):
            dispatch.start(record_of(seen), queues=queues, executions=executions, now=NOW)

    assert waiting(queues) == []
    assert len(sqs.receive_message(QueueUrl=dead)["Messages"]) == 1


@pytest.mark.parametrize(
    "poison", ["not json", "[]", '"job_1"', "{}", '{"account_id": "a", "job_id": "j", "resent": {}}']
)
def test_f10_a_message_that_is_no_job_is_left_to_the_dead_letters_at_once(
    queues: Queues, executions: Executions, poison: str
) -> None:
    with pytest.raises(FatalError, match="none of ours"):
        dispatch.start(received(queues, poison), queues=queues, executions=executions, now=NOW)

    assert [again["Body"] for again in waiting(queues)] == [poison]


def test_an_account_over_its_limit_waits_in_the_queue(queues: Queues, executions: Executions) -> None:
    for _ in range(slots.RUNNING_PER_ACCOUNT):
        a_job(a_source(), "running")
    job = a_job(a_source(), "queued")
    held = received(queues, message(job)["body"])

    assert not dispatch.start(held, queues=queues, executions=executions, now=NOW)

    assert (executions.status(job.job_id), waiting(queues)) == (None, [])


def test_a_job_put_off_again_and_again_is_sent_anew_before_the_queue_gives_it_up(
    queues: Queues, executions: Executions
) -> None:
    for _ in range(slots.RUNNING_PER_ACCOUNT):
        a_job(a_source(), "running")
    job = a_job(a_source(), "queued")

    assert dispatch.start(message(job, receives=dispatch.RECEIVES), queues=queues, executions=executions, now=NOW)

    (again,) = waiting(queues)
    assert json.loads(again["Body"]) == {"account_id": "acc_1", "job_id": job.job_id, "resent": 1}


def test_a_message_that_was_sent_anew_since_starts_nothing(queues: Queues, executions: Executions) -> None:
    job = a_job(a_source(), "queued")
    job.update(actions=[Job.resent.set(1)])

    dispatch.start(message(job), queues=queues, executions=executions, now=NOW)
    assert executions.status(job.job_id) is None

    dispatch.start(message(job, resent=1), queues=queues, executions=executions, now=NOW)
    assert executions.status(job.job_id) == "RUNNING"


def test_another_accounts_jobs_do_not_hold_up_this_ones(queues: Queues, executions: Executions) -> None:
    for _ in range(slots.RUNNING_PER_ACCOUNT):
        a_job(a_source("acc_2"), "running")
    job = a_job(a_source(), "queued")

    dispatch.start(message(job), queues=queues, executions=executions, now=NOW)

    assert executions.status(job.job_id) == "RUNNING"


def test_two_jobs_of_one_connection_run_one_after_the_other(queues: Queues, executions: Executions) -> None:
    source = a_source()
    first, second = a_job(source, "queued"), a_job(another_of(source), "queued")

    for job in (first, second):
        assert dispatch.start(message(job), queues=queues, executions=executions, now=NOW)
    assert (executions.status(first.job_id), executions.status(second.job_id)) == ("RUNNING", None)

    assert end_job(first, "completed", now=NOW)
    dispatch.start(record_of(*waiting(queues)), queues=queues, executions=executions, now=NOW)

    assert executions.status(second.job_id) == "RUNNING"


def test_a_job_that_waits_for_its_connection_holds_up_no_other_of_its_account(
    queues: Queues, executions: Executions
) -> None:
    source = a_source()
    a_job(source, "running")
    shared, other = a_job(another_of(source), "queued"), a_job(a_source(), "queued")
    for job in (shared, other):
        queues.send("sync", json.loads(message(job)["body"]), group="acc_1", deduplication=job.job_id)

    for _ in range(3):
        for seen in waiting(queues):
            if dispatch.start(record_of(seen), queues=queues, executions=executions, now=NOW):
                queues.client.delete_message(QueueUrl=url_of(queues), ReceiptHandle=seen["ReceiptHandle"])

    assert (executions.status(shared.job_id), executions.status(other.job_id)) == (None, "RUNNING")
    assert waiting(queues) == []


def test_a_job_counts_as_running_as_soon_as_its_execution_is_started(queues: Queues, executions: Executions) -> None:
    job = a_job(a_source(), "queued")

    dispatch.start(message(job), queues=queues, executions=executions, now=NOW)

    assert status_of(job) == "running"


def url_of(queues: Queues) -> str:
    return queues.client.get_queue_url(QueueName="listbackup-test-sync.fifo")["QueueUrl"]
