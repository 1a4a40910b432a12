"""Sources and jobs for the tests, and what has become of them."""

import json
from datetime import UTC, datetime
from typing import Any

from chalicelib.aws.queue import Queues
from chalicelib.ids import new_id
from chalicelib.store.accounts import Account
from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.slots import take
from chalicelib.store.sources import Source

QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:listbackup-test-sync.fifo"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def a_source(account: str = "acc_1", **fields: Any) -> Source:
    """A source with an active connection, in an account."""
    if Account.fetch(account_id=account) is None:
        an_account(account)
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


def an_account(account_id: str, below: str | None = None) -> None:
    """An account; what lies `below` another has its root."""
    path = f"/{below}/{account_id}/" if below else f"/{account_id}/"
    Account.new(
        now=NOW,
        account_id=account_id,
        root_account_id=below or account_id,
        parent_account_id=below,
        owner_user_id="usr_1",
        name="An account",
        path=path,
    ).create()


def another_of(source: Source) -> Source:
    """Another source of the same connection."""
    ids = ("account_id", "user_id", "connection_id", "platform", "name")
    second = Source.new(now=NOW, source_id=new_id("src", NOW), **{name: getattr(source, name) for name in ids})
    second.create()
    return second


def a_job(source: Source, status: str = "pending", at: datetime = NOW) -> Job:
    job = new_job(source, queue="sync", now=at)
    job.status = status
    assert begin_job(job, source, now=at)
    if status == "running":
        assert take(job, at)
    return job


def inserted(job: Job) -> dict[str, Any]:
    return {"eventName": "INSERT", "dynamodb": {"NewImage": job.serialize()}}


def message(job: Job, receives: int = 1, resent: int = 0) -> dict[str, Any]:
    return {
        "messageId": "msg_1",
        "body": json.dumps({"account_id": job.account_id, "job_id": job.job_id, "resent": resent}),
        "receiptHandle": "none",
        "eventSourceARN": QUEUE_ARN,
        "attributes": {"ApproximateReceiveCount": str(receives), "MessageGroupId": job.account_id},
    }


def received(queues: Queues, body: str, group: str = "acc_1") -> dict[str, Any]:
    """Put a message into the queue, and take it out as Lambda does."""
    url = queues.client.get_queue_url(QueueName=QUEUE_ARN.rpartition(":")[2])["QueueUrl"]
    queues.client.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body)
    (seen,) = waiting(queues)
    return record_of(seen)


def record_of(seen: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": seen["MessageId"],
        "body": seen["Body"],
        "receiptHandle": seen["ReceiptHandle"],
        "attributes": seen["Attributes"],
        "eventSourceARN": QUEUE_ARN,
    }


def waiting(queues: Queues, name: str = "sync") -> list[dict[str, Any]]:
    url = queues.client.get_queue_url(QueueName=f"listbackup-test-{name}.fifo")["QueueUrl"]
    found = queues.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    return [dict(message) for message in found.get("Messages", [])]


def status_of(job: Job) -> str:
    found = Job.fetch(account_id=job.account_id, job_id=job.job_id)
    assert found is not None
    return str(found.status)


def lease_of(source: Source) -> str | None:
    found = Source.fetch(account_id=source.account_id, source_id=source.source_id)
    assert found is not None
    return found.active_job_id
