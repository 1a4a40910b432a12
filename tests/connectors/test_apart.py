"""A record that moves between a collection's two lists while they are read is listed, whichever way and whenever."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.connectors.connector import Answer, Position, Reading, Request
from chalicelib.connectors.hubspot import HUBSPOT
from chalicelib.connectors.stripe import STRIPE
from tests.connectors.pages import AT
from tests.connectors.reading import pages

FORMS, FEATURES = HUBSPOT.stream("forms"), STRIPE.stream("entitlements_features")
READING = Reading(until=AT)


class Vendor:
    """Has six records, some of them archived, two on a page; one moves after so many requests."""

    def __init__(self, moving: str = "", after: int = 0) -> None:
        self.archived = {"2", "4"}
        self.moving, self.after = moving, after
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Answer:
        if len(self.asked) == self.after and self.moving:
            self.archived ^= {self.moving}
        archived = request.params["archived"]
        self.asked.append(archived)
        listed = [each for each in "123456" if (each in self.archived) == (archived == "true")]
        last = request.params.get("after", request.params.get("starting_after", "0"))
        left = [{"id": each, "archived": archived} for each in listed if each > last]
        more = {"paging": {"next": {"after": left[1]["id"]}}} if len(left) > 2 else {}
        return Answer(
            json.dumps({"results": left[:2], "data": left[:2], "has_more": bool(more)} | more).encode(), AT, {}
        )


def listed(read: Callable[[Position | None], Any], position: Position | None = None) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    while True:
        page = read(position)
        rows += [json.loads(bytes(row)) for row in page.records]
        if page.next is None:
            return rows
        position = json.loads(json.dumps(page.next))


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("moving", list("123456"))
@pytest.mark.parametrize("stream", [FORMS, FEATURES], ids=["hubspot", "stripe"])
def test_f34_what_is_archived_or_restored_meanwhile_is_listed(stream: Any, moving: str, after: int) -> None:
    vendor = Vendor(moving, after)

    rows = [json.loads(bytes(row)) for page in pages(stream.full, vendor, READING) for row in page.records]

    assert {row["id"] for row in rows} == set("123456")
    assert len(rows) <= 7


@pytest.mark.parametrize("stream", [FORMS, FEATURES], ids=["hubspot", "stripe"])
def test_what_is_archived_is_listed_before_and_after_and_given_once(stream: Any) -> None:
    vendor = Vendor()

    rows = listed(lambda position: stream.full(vendor, READING, position))

    assert vendor.asked == ["true", "false", "false", "true"]
    assert [row["id"] for row in rows] == ["2", "4", "1", "3", "5", "6"]


@pytest.mark.parametrize(
    ("stream", "position", "ids"),
    [
        (FORMS, {"archived": "false", "at": {"after": "3"}}, "5624"),
        (FORMS, {"archived": "true", "at": {"after": "2"}}, "4"),
        (FEATURES, {"after": ["3"]}, "5624"),
        (FEATURES, {"reader": 0, "at": {"after": ["3"]}}, "5624"),
        (FEATURES, {"reader": 1, "at": {"after": ["2"]}}, "4"),
    ],
)
def test_a_job_goes_on_that_was_begun_when_each_list_was_read_once(stream: Any, position: Position, ids: str) -> None:
    rows = listed(lambda at: stream.full(Vendor(), READING, at), position)

    assert "".join(row["id"] for row in rows) == ids


@pytest.mark.parametrize("done", [1, 2])
def test_what_reads_each_list_once_can_go_on_from_any_place(done: int) -> None:
    """As after going back a version, which knows of a position that it names a list, and where in that."""
    vendor, position = Vendor(), None
    vendor.archived = set("246")
    for _ in range(done):
        position = FORMS.full(vendor, READING, position).next

    assert position is not None
    assert (position["archived"], position["at"]) == ("false", None)
