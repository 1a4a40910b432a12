"""The event bus (EventBridge): what happened, for whoever wants to know."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.errors import RetryableError

SOURCE = "listbackup"


class EventsClient(Protocol):
    """As much of boto3's client for EventBridge as is used here."""

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]: ...  # noqa: N803  boto3's name


@dataclass(frozen=True, slots=True)
class Events:
    """One event bus."""

    client: EventsClient
    bus: str

    def tell(self, what: str, detail: Mapping[str, Any], *, at: datetime) -> None:
        """Put one event on the bus; raises RetryableError where the bus did not take it."""
        entry = {
            "Source": SOURCE,
            "DetailType": what,
            "Detail": json.dumps(detail),
            "EventBusName": self.bus,
            "Time": at,
        }
        answer = self.client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise RetryableError(f"the event bus did not take {what!r}: {answer['Entries'][0].get('ErrorCode')}")
