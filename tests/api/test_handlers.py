"""The ways in besides the API: the stream, the queues, the clock, executions that died."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from chalice.test import Client

from chalicelib.aws import clients
from chalicelib.config import settings
from chalicelib.ids import new_id
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from tests.api.conftest import Pool
from tests.services.jobs import an_account

ASL = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 9999, "End": True}}}


@pytest.fixture
def lambdas(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The app's Lambdas, with their queues and the state machine."""
    from app import app

    for queue in ("sync", "backup"):
        clients.sqs().create_queue(QueueName=f"listbackup-test-{queue}.fifo", Attributes={"FifoQueue": "true"})
    trust = {"Version": "2012-10-17", "Statement": []}
    role = boto3.client("iam").create_role(RoleName="machine", AssumeRolePolicyDocument=json.dumps(trust))["Role"][
        "Arn"
    ]
    clients.step_functions().create_state_machine(
        name="listbackup-test-backup", definition=json.dumps(ASL), roleArn=role
    )
    with Client(app) as client:
        yield client


@pytest.fixture
def source(pool: Pool) -> Source:
    now = datetime.now(UTC)
    owned = {"account_id": "acc_1", "connection_id": "con_1", "user_id": "usr_1", "platform": "stripe", "name": "S"}
    Connection.new(now=now, **owned).create()
    due = {"due": "DUE", "next_sync_at": now - timedelta(minutes=1), "settings": {"interval_minutes": 60}}
    made = Source.new(now=now, **owned, source_id="src_1", **due)
    made.create()
    return made


def job(queue: str = "sync", **fields: Any) -> Job:
    now = datetime.now(UTC)
    ids = {"source_id": "src_1", "connection_id": "con_1", "snapshot_id": "snp_1", "platform": "stripe"}
    made = Job.new(now=now, account_id="acc_1", job_id=new_id("job", now), queue=queue, **ids, **fields)
    made.create()
    return made


def tick(lambdas: Client) -> Any:
    return lambdas.events.generate_cw_event("aws.events", "Scheduled Event", {}, [])


def waiting(queue: str) -> list[dict[str, Any]]:
    url = clients.sqs().get_queue_url(QueueName=f"listbackup-test-{queue}.fifo")["QueueUrl"]
    return [dict(message) for message in clients.sqs().receive_message(QueueUrl=url).get("Messages", [])]


def status_of(made: Job) -> str:
    kept = Job.fetch(account_id=made.account_id, job_id=made.job_id)
    assert kept is not None
    return str(kept.status)


def inserted(made: Job) -> dict[str, Any]:
    image = {"kind": {"S": "job"}, "account_id": {"S": made.account_id}, "job_id": {"S": made.job_id}}
    return {"Records": [{"eventName": "INSERT", "dynamodb": {"NewImage": image, "Keys": {}}}]}


def received(made: Job) -> dict[str, Any]:
    body = json.dumps({"account_id": made.account_id, "job_id": made.job_id})
    return {"Records": [{"body": body, "receiptHandle": "r", "attributes": {"ApproximateReceiveCount": "1"}}]}


def test_a_new_job_goes_from_the_stream_to_its_queue(lambdas: Client) -> None:
    made = job("backup")

    lambdas.lambda_.invoke("route", inserted(made))

    assert [json.loads(message["Body"])["job_id"] for message in waiting("backup")] == [made.job_id]
    assert status_of(made) == "queued"


@pytest.mark.parametrize("function", ["start_sync", "start_backup"])
def test_a_queued_job_is_started_once_however_often_it_comes(lambdas: Client, source: Source, function: str) -> None:
    made = job(status="queued")
    source.update(actions=[Source.active_job_id.set(made.job_id)])

    for _ in range(2):
        lambdas.lambda_.invoke(function, received(made))

    executions = clients.step_functions().list_executions(stateMachineArn=settings().state_machine_arn)["executions"]
    assert [execution["name"] for execution in executions] == [made.job_id]


def test_a_source_whose_time_has_come_gets_a_job(lambdas: Client, source: Source) -> None:
    an_account("acc_1")

    lambdas.lambda_.invoke("sync_due", tick(lambdas))

    begun = list(Job.within(account_id="acc_1"))
    assert [(one.source_id, one.queue, one.status) for one in begun] == [("src_1", "backup", "pending")]


def test_the_sweeper_sends_what_was_never_sent(lambdas: Client) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    ids = {"source_id": "src_1", "connection_id": "con_1", "snapshot_id": "snp_1", "platform": "stripe"}
    forgotten = Job.new(now=long_ago, account_id="acc_1", job_id=new_id("job", long_ago), **ids)
    forgotten.create()

    lambdas.lambda_.invoke("sweep", tick(lambdas))

    assert status_of(forgotten) == "queued"
    assert len(waiting("sync")) == 1


def test_a_job_whose_execution_died_is_ended(lambdas: Client, source: Source) -> None:
    made = job(status="running")
    given = json.dumps({"account_id": made.account_id, "job_id": made.job_id})
    died = {"name": made.job_id, "status": "TIMED_OUT", "input": given}
    event = lambdas.events.generate_cw_event("aws.states", "Step Functions Execution Status Change", died, [])

    lambdas.lambda_.invoke("close_dead", event)

    assert status_of(made) == "failed"
