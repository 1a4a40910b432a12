"""A HubSpot portal that answers as it is told to, and keeps what it was asked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chalicelib.connectors.connector import Answer, Request

SINCE = 1_767_225_600_000
UNTIL = datetime.fromtimestamp(SINCE / 1000 + 86_400, UTC)


class HubSpot:
    def __init__(self, tell: Callable[[Request], Any]) -> None:
        self.tell = tell
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        return Answer(json.dumps(self.tell(request)).encode(), UNTIL, {})

    def paths(self) -> list[str]:
        return [request.path.rpartition("/")[2] for request in self.asked]


def objects(*ids: str) -> dict[str, Any]:
    return {"results": [{"id": each, "properties": {}} for each in ids]}


def named(told: dict[str, Any]) -> dict[str, Any]:
    """Give each result a name, too, so that it may stand for a property."""
    return {"results": [{**row, "name": "email"} for row in told["results"]]}
