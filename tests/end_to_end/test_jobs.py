"""Jobs that are stopped, doubled, cancelled, cut short or due: each ends once, and its source goes on."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.running import Running
from tests.end_to_end.comparing import differences, keyed
from tests.end_to_end.conftest import OpenAccount
from tests.end_to_end.people import Json, Person
from tests.end_to_end.vendor import Vendor
from tests.end_to_end.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

COUPONS = "/v1/coupons"


@pytest.fixture
def stripe(open_account: OpenAccount) -> Vendor:
    return open_account("stripe", coupons=5, products=4)


@pytest.fixture
def waiting(aws: Running, ada: Person, stripe: Vendor) -> Json:
    """A source whose first job waits for the vendor, who has asked for a pause."""
    stripe.fault("status", path=COUPONS, status=429, retry_after="45", times=1)
    source = ada.add_source(stripe, "coupons")
    until("the job waits", lambda: "WaitStateEntered" in history(aws, source["job"]))
    return source


def test_a_job_whose_execution_is_stopped_from_outside_ends_and_its_source_goes_on(
    aws: Running, ada: Person, stripe: Vendor, waiting: Json
) -> None:
    aws.engine.client("stepfunctions").stop_execution(executionArn=execution(aws, waiting["job"]), cause="by hand")

    ended = ada.ended(waiting["job"])

    assert (ended["status"], ended["error"]["type"]) == ("failed", "ExecutionLost")
    assert "ABORTED" in ended["error"]["message"]
    assert ada.source(waiting)["activeJobId"] is None
    assert differences(ada, stripe, ada.backed_up(ada.sync(waiting)), "coupons") == {}


def test_a_job_that_is_cancelled_stops_leaves_no_snapshot_and_its_source_goes_on(
    aws: Running, ada: Person, stripe: Vendor, waiting: Json
) -> None:
    refused = ada.post(f"/sources/{waiting['sourceId']}/sync")
    cancelled = ada.patch(f"/jobs/{waiting['job']['jobId']}", {"status": "cancelled"})

    again = ada.sync(waiting)

    assert (refused.status_code, cancelled.status_code, cancelled.json()["status"]) == (409, 200, "cancelled")
    assert differences(ada, stripe, ada.backed_up(again), "coupons") == {}
    until("the execution is stopped", lambda: status(aws, waiting["job"]) == "ABORTED")
    assert ada.job(waiting["job"])["status"] == "cancelled"
    assert ada.get(f"/sources/{waiting['sourceId']}/snapshots/{waiting['job']['snapshotId']}").status_code == 404


def test_a_doubled_message_starts_no_second_execution(aws: Running, ada: Person, waiting: Json) -> None:
    job = waiting["job"]
    before = ada.job(job)

    send(aws, {"account_id": ada.account_id, "job_id": job["jobId"]}, group=ada.account_id, deduplication="doubled")
    until("the queue is empty", lambda: waiting_messages(aws, "sync") == 0)

    names = [one["name"] for one in executions(aws)]
    assert names.count(job["jobId"]) == 1
    assert ada.job(job)["startedAt"] == before["startedAt"]
    assert ada.patch(f"/jobs/{job['jobId']}", {"status": "cancelled"}).ok


def test_a_message_for_a_job_that_has_ended_changes_nothing(aws: Running, ada: Person, stripe: Vendor) -> None:
    source = ada.add_source(stripe, "coupons")
    ada.backed_up(source["job"])
    job = ada.job(source["job"])

    send(aws, {"account_id": ada.account_id, "job_id": job["jobId"]}, group=ada.account_id, deduplication="late")
    until("the queue is empty", lambda: waiting_messages(aws, "sync") == 0)

    assert ada.job(job) == job


def test_a_stream_whose_scope_is_taken_away_is_named_and_the_others_go_on(
    ada: Person, open_account: OpenAccount
) -> None:
    hubspot = open_account("hubspot", contacts=6, lists=3)
    source = ada.add_source(hubspot, "contacts", "lists")
    whole = ada.backed_up(source["job"])
    hubspot.fault("remove_scope", scope="crm.lists.read", path="/crm/v3/lists/*", times=1)
    hubspot.create("contacts", 1)
    hubspot.pass_time(60)

    job = ada.ended(ada.sync(source))

    partial = ada.snapshot(job)
    assert (job["status"], partial["status"], partial["verified"]) == ("partial", "partial", True)
    assert (partial["streams"]["lists"]["status"], partial["streams"]["contacts"]["status"]) == (
        "forbidden",
        "complete",
    )
    assert any("lists" in reason and "crm.lists.read" in reason for reason in partial["reasons"]), partial["reasons"]
    assert keyed(ada, partial, "lists") == keyed(ada, whole, "lists")
    assert differences(ada, hubspot, partial, "contacts", "lists") == {}


def test_a_message_nobody_can_read_is_soon_among_the_dead_letters_and_holds_nobody_up(
    aws: Running, ada: Person, stripe: Vendor
) -> None:
    send(aws, "not a job", group="somebody", deduplication="unreadable")

    source = ada.add_source(stripe, "coupons")

    ada.backed_up(source["job"])
    dead = until("the message is given up", lambda: dead_letters(aws))
    assert [message["Body"] for message in dead] == ['"not a job"']


def test_a_source_that_is_due_is_backed_up_once_and_planned_anew(aws: Running, ada: Person, stripe: Vendor) -> None:
    source = ada.add_source(stripe, "coupons")
    ada.backed_up(source["job"])
    ada.patch(f"/sources/{source['sourceId']}", {"settings": {"intervalMinutes": 15}})
    make_due(aws, ada, source, datetime.now(UTC) - timedelta(minutes=1))

    tick(aws, "sync-due")
    tick(aws, "sync-due")

    first, *others = ada.items("/jobs", sourceId=source["sourceId"])
    assert (first["queue"], first["requestedBy"], len(others)) == ("backup", None, 1)
    assert ada.ended(first)["status"] == "completed"
    planned = datetime.fromisoformat(ada.source(source)["nextSyncAt"])
    assert timedelta(minutes=13) < planned - datetime.now(UTC) <= timedelta(minutes=15)


def execution(aws: Running, job: Json) -> str:
    return f"{aws.machine_arn.replace(':stateMachine:', ':execution:')}:{job['jobId']}"


def executions(aws: Running) -> list[Any]:
    return list(aws.engine.client("stepfunctions").list_executions(stateMachineArn=aws.machine_arn)["executions"])


def status(aws: Running, job: Json) -> str:
    return str(aws.engine.client("stepfunctions").describe_execution(executionArn=execution(aws, job))["status"])


def history(aws: Running, job: Json) -> set[str]:
    """Name the kinds of events of a job's execution so far; none before it has begun."""
    machine = aws.engine.client("stepfunctions")
    if job["jobId"] not in {one["name"] for one in executions(aws)}:
        return set()
    events = machine.get_execution_history(executionArn=execution(aws, job), maxResults=1000)["events"]
    return {event["type"] for event in events}


def queue(aws: Running, name: str) -> str:
    return str(aws.engine.client("sqs").get_queue_url(QueueName=f"listbackup-local-{name}.fifo")["QueueUrl"])


def send(aws: Running, body: Any, *, group: str, deduplication: str) -> None:
    aws.engine.client("sqs").send_message(
        QueueUrl=queue(aws, "sync"),
        MessageBody=json.dumps(body),
        MessageGroupId=group,
        MessageDeduplicationId=f"{deduplication}-{datetime.now(UTC).timestamp()}",
    )


def waiting_messages(aws: Running, name: str) -> int:
    """Count what a queue holds, given out or not."""
    kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws.engine.client("sqs").get_queue_attributes(QueueUrl=queue(aws, name), AttributeNames=kinds)
    return sum(int(found["Attributes"][kind]) for kind in kinds)


def dead_letters(aws: Running) -> list[Any]:
    received = aws.engine.client("sqs").receive_message(QueueUrl=queue(aws, "sync-dlq"), MaxNumberOfMessages=10)
    return list(received.get("Messages", []))


def tick(aws: Running, function: str) -> None:
    """Invoke a function as its schedule does, without waiting for the next time."""
    names = ("id", "account", "time", "region")
    event = {
        **dict.fromkeys(names, ""),
        "version": "0",
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "resources": [],
        "detail": {},
    }
    answer = aws.engine.client("lambda").invoke(FunctionName=f"listbackup-local-{function}", Payload=json.dumps(event))
    assert "FunctionError" not in answer, answer["Payload"].read()


def make_due(aws: Running, person: Person, source: Json, planned: datetime) -> None:
    """Let a source's time have come, as if it had been planned for then."""
    moment = planned.strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
    aws.engine.client("dynamodb").update_item(
        TableName=aws.environment()["TABLE"],
        Key={"pk": {"S": f"ACCOUNT#{person.account_id}"}, "sk": {"S": f"SOURCE#{source['sourceId']}"}},
        UpdateExpression="SET next_sync_at = :moment, index2_sk = :place",
        ConditionExpression="due = :due",
        ExpressionAttributeValues={
            ":moment": {"S": moment},
            ":place": {"S": f"{planned:%Y-%m-%dT%H:%M:%SZ}#{source['sourceId']}"},
            ":due": {"S": "DUE"},
        },
    )
