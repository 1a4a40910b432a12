"""A queue as the templates describe it, and Lambda's way of emptying it.

moto keeps the order within a group, holds a group back while one of its messages is out, and puts aside what was
received too often. Time does not pass by itself: what has failed is out until `pass_time`.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from chalice.app import Chalice, SQSEventConfig
from chalice.test import Client

from chalicelib.aws import clients
from infra.build import ROOT
from tests.infra.conftest import expanded

Properties = dict[str, Any]


def spelled(text: Properties) -> str:
    """Give what a template's Fn::Sub comes to in this deployment."""
    pattern, names = text["Fn::Sub"]
    return str(pattern).replace("${Stage}", "test").replace("${Name}", names["Name"])


def described(resource: str, template: str = "core") -> Properties:
    """Give a resource's properties as its template has them."""
    properties: Properties = expanded(ROOT / f"infra/{template}.yaml")[resource]["Properties"]
    return properties


@dataclass
class Consumer:
    """One queue with its dead letters, and the Lambda behind it; `received` are the bodies it was handed.

    `errors` counts what CloudWatch would count as the function's.
    """

    app: Chalice
    function: str
    url: str
    dead_url: str
    receives: int
    received: list[str] = field(default_factory=list)
    errors: int = 0
    _out: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, app: Chalice, queue: str) -> "Consumer":
        """Make the queue of this name."""
        sqs, live, dead = clients.sqs(), described(f"{queue}Queue"), described(f"{queue}DeadLetters")
        dead_url = sqs.create_queue(QueueName=spelled(dead["QueueName"]), Attributes={"FifoQueue": "true"})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = live["RedrivePolicy"] | {"deadLetterTargetArn": arn}
        timeout, policy = str(live["VisibilityTimeout"]), json.dumps(redrive)
        url = sqs.create_queue(
            QueueName=spelled(live["QueueName"]),
            Attributes={"FifoQueue": "true", "VisibilityTimeout": timeout, "RedrivePolicy": policy},
        )
        return cls(app, f"start_{queue.lower()}", url["QueueUrl"], dead_url, redrive["maxReceiveCount"])

    def empty(self) -> None:
        """Hand on, batch after batch, all that can be received; a batch that fails is out as a whole."""
        while batch := _received(self.url, self._batch_size()):
            self.received += [message["Body"] for message in batch]
            receipts = [message["ReceiptHandle"] for message in batch]
            if self._keeps(batch):
                self._out += receipts
                continue
            for receipt in receipts:
                clients.sqs().delete_message(QueueUrl=self.url, ReceiptHandle=receipt)

    def pass_time(self) -> None:
        """Let all that is out come back, as when its visibility time-out is over."""
        for receipt in self._out:
            with suppress(clients.sqs().exceptions.MessageNotInflight):  # it has come back by itself
                clients.sqs().change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=0)
        self._out = []

    def put_aside(self) -> int:
        """Count the dead letters, as CloudWatch's ApproximateNumberOfMessagesVisible does."""
        name: Final = "ApproximateNumberOfMessages"
        found = clients.sqs().get_queue_attributes(QueueUrl=self.dead_url, AttributeNames=[name])["Attributes"]
        return int(found[name])

    def dead_letters(self) -> list[str]:
        return [message["Body"] for message in _received(self.dead_url, 10)]

    def _batch_size(self) -> int:
        (source,) = (one for one in self.app.event_sources if one.name == self.function)
        assert isinstance(source, SQSEventConfig)
        return int(source.batch_size)

    def _keeps(self, batch: list[Any]) -> bool:
        """Tell whether the queue keeps the batch: it failed, or the function asks for it (batches are of one)."""
        names = {"MessageId": "messageId", "Body": "body", "ReceiptHandle": "receiptHandle", "Attributes": "attributes"}
        arn = {"eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{self.url.rpartition('/')[2]}"}
        event = {"Records": [arn | {there: message[here] for here, there in names.items()} for message in batch]}
        try:
            with Client(self.app) as lambdas:
                answer = lambdas.lambda_.invoke(self.function, event).payload
        except Exception:  # noqa: BLE001  Lambda catches everything
            self.errors += 1
            return True
        return bool(answer["batchItemFailures"])


def _received(url: str, most: int) -> list[Any]:
    found = clients.sqs().receive_message(
        QueueUrl=url, MaxNumberOfMessages=most, WaitTimeSeconds=0, AttributeNames=["All"]
    )
    return list(found.get("Messages", []))
