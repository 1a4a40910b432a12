"""The queues and the state machine that jobs go through."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.executions import Executions
from chalicelib.aws.queue import Queues
from chalicelib.store.table import Item

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
