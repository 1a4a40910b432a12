"""What pagers are tried with: a vendor of numbered things, and a reading of it to its end."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Answer, Fetch, Position, Reader, Reading, Request

AT = datetime(2026, 1, 2, tzinfo=UTC)
READING = Reading()


class Shape(msgspec.Struct):
    rows: list[Raw]
    more: bool = False
    cursor: str | None = None
    link: str | None = None
    pages: int = 0
    total: int = 0


class Strict(msgspec.Struct):
    rows: list[Raw]
    more: bool


def ask(_reading: Reading) -> Request:
    return Request("/things", params={"limit": 3})


def answering(tell: Callable[[Request], Any], headers: dict[str, str] | None = None) -> Fetch:
    return lambda request: Answer(json.dumps(tell(request)).encode(), AT, headers or {})


def read(pager: Reader, fetch: Fetch, position: Position | None = None) -> tuple[list[Any], list[Position]]:
    """Read to the end; give the ids and the positions on the way."""
    ids: list[Any] = []
    positions: list[Position] = []
    while True:
        page = pager(fetch, READING, position)
        ids += [json.loads(bytes(row))["id"] for row in page.records]
        if page.next is None:
            return ids, positions
        position = json.loads(json.dumps(page.next))
        positions.append(position)
        assert len(positions) < 500


def rows(ids: Iterable[Any]) -> list[dict[str, Any]]:
    return [{"id": each} for each in ids]
