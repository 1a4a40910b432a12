"""F6, F33: pages that are too large to be held in memory."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Answer, Fetch, Parent, Reader, Reading, Request, Skipped, Stream
from chalicelib.connectors.numbered import PageNumber
from chalicelib.connectors.oversize import first_id, fitting
from chalicelib.connectors.paging import answered
from chalicelib.connectors.refusals import MissingError, PayloadTooLargeError
from chalicelib.connectors.session import Bounds
from tests.connectors.conftest import Opened
from tests.connectors.pages import Shape, ask, rows
from tests.connectors.reading import changes_of, pages
from tests.connectors.vendor import Asked, Told, Vendor, page

UNTIL = datetime(2026, 1, 2, tzinfo=UTC)
READING = Reading(until=UNTIL, facts={"properties": ["email"]})
STRIPE, HUBSPOT = CONNECTORS["stripe"], CONNECTORS["hubspot"]
Weighed = tuple[dict[str, Any], list[str]]


class Small:
    """A vendor of whose records a page may hold so much together; a record weighs one, unless it is said."""

    def __init__(self, ids: list[str], weights: dict[str, int], most: int = 100) -> None:
        self.ids, self.weights, self.most = ids, weights, most
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        told, listed = self.tell(request)
        body = json.dumps(told).encode()
        if sum(self.weights.get(each, 1) for each in listed) > self.most:
            raise PayloadTooLargeError("payload_too_large", begun=body[:60])
        return Answer(body, UNTIL, {})

    def tell(self, request: Request) -> Weighed:
        raise NotImplementedError

    def some(self, start: int, size: int) -> tuple[list[str], bool]:
        found = self.ids[start : start + size]
        return found, start + size < len(self.ids)


class SmallStripe(Small):
    def tell(self, request: Request) -> Weighed:
        if request.path.startswith("/v1/customers/"):
            key = request.path.rpartition("/")[2]
            return {"id": key}, [key]
        after = request.params.get("starting_after")
        found, more = self.some(self.ids.index(after) + 1 if after else 0, request.params["limit"])
        return {"object": "list", "data": [{"id": each, "object": "x"} for each in found], "has_more": more}, found


class SmallHubSpot(Small):
    """Only properties weigh anything."""

    def tell(self, request: Request) -> Weighed:
        if "/properties/" in request.path:
            return {"results": [{"name": "email"}]}, []
        if request.path.endswith("/batch/read"):
            found = [each["id"] for each in request.body["inputs"]]
            return {"results": rows(found)}, found
        start = int(request.params.get("after", 0))
        found, more = self.some(start, request.params["limit"])
        paging = {"paging": {"next": {"after": str(start + request.params["limit"])}}} if more else {}
        return {"results": rows(found)} | paging, found if request.params["properties"] == "email" else []


def read(reader: Reader, vendor: Fetch, reading: Reading = READING) -> tuple[list[str], list[Skipped]]:
    found = list(pages(reader, vendor, reading))
    ids = [json.loads(bytes(record))["id"] for each in found for record in each.records]
    return ids, [one for each in found for one in each.skipped]


STREAMS = [
    (SmallStripe, STRIPE.stream("coupons")),
    (SmallHubSpot, HUBSPOT.stream("contacts")),
]
IDS = [f"id{number}" for number in range(250)]


@pytest.mark.parametrize(("vendor", "stream"), STREAMS, ids=["stripe", "hubspot"])
@given(heavy=st.dictionaries(st.sampled_from(IDS), st.integers(2, 150), max_size=8))
def test_f6_every_record_is_read_but_those_too_large_by_themselves(
    vendor: type[SmallStripe] | type[SmallHubSpot], stream: Stream, heavy: dict[str, int]
) -> None:
    ids, skipped = read(stream.full, vendor(IDS, heavy))

    assert sorted({str(one.key) for one in skipped}) == sorted(each for each in heavy if heavy[each] > 100)
    assert sorted([*ids, *(str(one.key) for one in skipped)]) == sorted(IDS)
    assert all(one.there and "oversize" in one.reason for one in skipped)


def test_f6_a_page_is_asked_for_again_at_half_its_size() -> None:
    vendor = SmallStripe(IDS[:100], {}, most=30)

    read(STRIPE.stream("coupons").full, vendor)

    assert [request.params["limit"] for request in vendor.asked[:3]] == [100, 50, 25]


def test_f6_a_childs_record_that_is_too_large_is_named_under_its_parent() -> None:
    vendor = SmallStripe(IDS[:3], {"id1": 101})
    reading = Reading(until=UNTIL, parents=[Parent("in_1", b"{}")])

    ids, skipped = read(STRIPE.stream("setup_attempts").full, vendor, reading)

    assert (ids, [one.key for one in skipped]) == (["id0", "id2"], ["in_1/id1"])


def test_f6_an_object_found_by_search_that_is_too_large_is_not_taken_for_deleted() -> None:
    class Searched(SmallHubSpot):
        def tell(self, request: Request) -> Weighed:
            if request.path.endswith("/search"):
                return {"total": 3, "results": rows(["5", "6", "7"])}, []
            return super().tell(request)

    page = changes_of(HUBSPOT.stream("deals"))(Searched([], {"6": 101}), Reading(since=UNTIL.timestamp() * 1000), None)

    assert [json.loads(bytes(record))["id"] for record in page.records] == ["5", "7"]
    assert (list(page.deleted), [one.key for one in page.skipped]) == ([], ["6"])


def test_f6_an_object_named_by_an_event_that_is_too_large_is_not_taken_for_deleted() -> None:
    class Told(SmallStripe):
        def tell(self, request: Request) -> Weighed:
            if request.path == "/v1/events":
                return {"data": [event(each) for each in ("cus_1", "cus_2", "cus_3")], "has_more": False}, []
            if request.path.endswith("cus_3"):
                raise MissingError("not there")
            return super().tell(request)

    def event(key: str) -> dict[str, Any]:
        return {"id": f"evt_{key}", "created": 5, "type": "customer.updated", "data": {"object": {"id": key}}}

    reader, vendor = changes_of(STRIPE.stream("customers")), Told([], {"cus_2": 101})
    page = reader(vendor, Reading(since=UNTIL.timestamp(), until=UNTIL), {"types": 0, "at": None})

    assert [json.loads(bytes(record))["id"] for record in page.records] == ["cus_1"]
    assert (list(page.deleted), [one.key for one in page.skipped]) == (["cus_3"], ["cus_2"])


BEGINNINGS = {
    "the envelope first": b'{"object":"list","data":[{"id":"a_1","name":"x',
    "with spaces": b'{\n "data": [\n  {\n   "id": "a_1",\n   "name": "x',
    "other members first": b'{"data":[{"of":{"id":"b_1"},"n":[1,{"id":2}],"id":"a_1","name":"',
}


@pytest.mark.parametrize("begun", BEGINNINGS.values(), ids=BEGINNINGS)
def test_the_first_records_own_id_is_found_in_the_beginning_of_a_page(begun: bytes) -> None:
    assert first_id(PayloadTooLargeError("too large", begun=begun)) == "a_1"


@given(st.integers(0, len(BEGINNINGS["other members first"])))
def test_a_beginning_that_does_not_reach_the_id_gives_none(cut: int) -> None:
    begun = BEGINNINGS["other members first"][:cut]

    try:
        assert first_id(PayloadTooLargeError("too large", begun=begun)) == "a_1"
    except PayloadTooLargeError:
        assert b'"a_1",' not in begun


def test_pages_that_are_numbered_are_never_asked_for_in_another_size() -> None:
    asked = []

    def fetch(request: Request) -> Answer:
        asked.append(request)
        raise PayloadTooLargeError("too large")

    with pytest.raises(PayloadTooLargeError):
        PageNumber(lambda reading: replace(ask(reading), size_param="limit"), Shape)(fetch, READING, None)

    assert len(asked) == 1


def test_f6_a_real_answer_that_is_too_large_is_halved_on_the_wire(open_session: Opened, vendor: Vendor) -> None:
    def answer(asked: Asked) -> Told:
        limit, after = int(asked.params["limit"][0]), asked.param("starting_after")
        start = int(after) + 1 if after else 0
        data = [{"id": str(n), "text": "x" * 1000} for n in range(start, min(start + limit, 30))]
        return page({"data": data, "has_more": start + limit < 30})

    vendor.answer = answer

    ids, skipped = read(STRIPE.stream("coupons").full, open_session(bounds=Bounds(page_bytes=15_000)).fetch)

    assert (ids, skipped) == ([str(n) for n in range(30)], [])


class Asking(Small):
    """A vendor that is asked in GraphQL: how many records, and after which, is in the body."""

    def tell(self, request: Request) -> Weighed:
        variables = request.body["variables"]
        found, more = self.some(int(variables.get("after") or 0), variables["first"])
        end = self.ids.index(found[-1]) + 1
        return {"rows": rows(found), "cursor": str(end) if more else None}, found


def test_a_page_is_made_smaller_where_its_size_is_in_the_body() -> None:
    ids = [str(n) for n in range(40)]
    vendor = Asking(ids, {"17": 80})
    body = {"query": "{ … }", "variables": {"first": 40}}
    asking = Request("/graphql", method="POST", body=body, size_param="variables.first")

    found, _ = fitting(lambda request: answered(vendor, request, Shape), asking)

    assert [request.body["variables"]["first"] for request in vendor.asked] == [40, 20]
    assert len(found.rows) == 20
    assert body["variables"] == {"first": 40}


def test_a_page_whose_size_is_nowhere_is_not_asked_for_smaller() -> None:
    vendor = Asking(["1"], {"1": 1000})

    for size_param in (None, "first", "variables.last"):
        asking = Request("/graphql", method="POST", body={"variables": {"first": 1}}, size_param=size_param)
        with pytest.raises(PayloadTooLargeError):
            fitting(vendor, asking)
