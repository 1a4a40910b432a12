"""The priority queues (SQS FIFO)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class Queues:
    """One deployment's queues; `prefix` and `.fifo` go around the short names."""

    client: "SQSClient"
    prefix: str
    _urls: dict[str, str] = field(default_factory=dict)

    def send(self, queue: str, body: Mapping[str, Any], *, group: str, deduplication: str) -> None:
        """Put a message into a queue; one of the same `deduplication` within five minutes is taken for the same."""
        self.client.send_message(
            QueueUrl=self._url(queue),
            MessageBody=json.dumps(body),
            MessageGroupId=group,
            MessageDeduplicationId=deduplication,
        )

    def put_off(self, arn: str, receipt: str, *, seconds: int) -> None:
        """Hide a message received from the queue of this ARN, and with it the rest of its group, for so long."""
        url = self._url_of(arn.rpartition(":")[2])
        self.client.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def _url(self, queue: str) -> str:
        return self._url_of(f"{self.prefix}-{queue}.fifo")

    def _url_of(self, name: str) -> str:
        if name not in self._urls:
            self._urls[name] = self.client.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[name]
