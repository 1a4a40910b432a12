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

    def put_off(self, queue: str, receipt: str, *, seconds: int) -> None:
        """Hide a received message, and with it the rest of its group, for so long."""
        self.client.change_message_visibility(
            QueueUrl=self._url(queue), ReceiptHandle=receipt, VisibilityTimeout=seconds
        )

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls[queue] = self.client.get_queue_url(QueueName=f"{self.prefix}-{queue}.fifo")["QueueUrl"]
        return self._urls[queue]
