"""F11: a message that can never be processed, in a FIFO group where others wait behind it."""

import json
from collections.abc import Iterator

import pytest

from chalicelib.aws import clients
from chalicelib.config import settings
from chalicelib.services import dispatch, slots
from chalicelib.services.outside import outside
from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.endings import end_job
from chalicelib.store.jobs import Job
from tests.faults.consumer import Consumer, described, spelled
from tests.services.conftest import PASSING
from tests.services.jobs import NOW, a_job, a_source, inserted, message

QUEUES = {"Sync": "sync", "Backup": "backup"}
POISON = {
    "no-json": "not a job",
    "no-job": json.dumps({"colour": "green"}),
    "no-job-of-its-account": json.dumps({"account_id": "acc_1", "job_id": "job_of_ada"}),
}


@pytest.fixture(params=QUEUES)
def queue(request: pytest.FixtureRequest) -> str:
    """A queue whose messages start jobs."""
    return str(request.param)


@pytest.fixture
def consumer(table: None, queue: str) -> Iterator[Consumer]:
    """Its consumer."""
    from app import app

    machine = settings().state_machine_arn.rpartition(":")[2]
    role = "arn:aws:iam::123456789012:role/machine"
    clients.step_functions().create_state_machine(name=machine, definition=PASSING, roleArn=role)
    outside.cache_clear()
    yield Consumer.of(app, queue)
    outside.cache_clear()


def send(consumer: Consumer, body: str) -> None:
    clients.sqs().send_message(
        QueueUrl=consumer.url, MessageBody=body, MessageGroupId="acc_1", MessageDeduplicationId="poison"
    )


def send_job(queue: str, account: str = "acc_1") -> Job:
    """Begin a job, and let the outbox send it."""
    source = a_source(account)
    job = new_job(source, queue=QUEUES[queue], now=NOW)
    assert begin_job(job, source, now=NOW)
    dispatch.route([inserted(job)], queues=outside().queues, now=NOW)
    return job


def body_of(job: Job) -> str:
    return str(message(job)["body"])


def started() -> set[str]:
    found = clients.step_functions().list_executions(stateMachineArn=settings().state_machine_arn)["executions"]
    return {one["name"] for one in found}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_f11_a_message_nobody_can_process_is_put_aside_at_once_and_its_group_goes_on(
    consumer: Consumer, queue: str, poison: str
) -> None:
    before = send_job(queue)
    send(consumer, poison)
    behind, other = [send_job(queue), send_job(queue)], send_job(queue, "acc_2")

    consumer.empty()

    assert consumer.received.count(poison) == consumer.errors == consumer.receives
    assert sorted(body for body in consumer.received if body != poison) == sorted(
        map(body_of, (before, other, *behind))
    )
    assert started() == {job.job_id for job in (before, other, *behind)}
    assert consumer.dead_letters() == [poison]


def test_f11_a_message_that_was_put_aside_raises_its_queues_alarm(consumer: Consumer, queue: str) -> None:
    alarm = described(f"{queue}PutAside", "monitoring")
    (watched,) = alarm["Dimensions"]
    send(consumer, POISON["no-json"])

    before = consumer.put_aside()
    consumer.empty()

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert (watched["Name"], spelled(watched["Value"])) == ("QueueName", consumer.dead_url.rpartition("/")[2])
    assert before <= alarm["Threshold"] < consumer.put_aside()
    assert "AlarmTopicArn" in str(alarm["AlarmActions"])


def test_a_job_that_waits_for_its_turn_is_no_error_and_starts_when_its_turn_comes(
    consumer: Consumer, queue: str
) -> None:
    running = [a_job(a_source(), "running") for _ in range(slots.RUNNING_PER_ACCOUNT)]
    job = send_job(queue)

    for _ in range(consumer.receives + 1):
        consumer.empty()
        consumer.pass_time()
    assert (started(), consumer.errors, consumer.dead_letters()) == (set(), 0, [])

    assert end_job(running[0], "completed", now=NOW)
    consumer.empty()

    assert started() == {job.job_id}
