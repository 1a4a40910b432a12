"""The pagers, each against a vendor that pages so."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connectors.connector import Answer, Parent, Reader, Reading, Request
from chalicelib.connectors.numbered import Offset, PageNumber
from chalicelib.connectors.paging import BodyCursor, BodyLink, LastId, LinkHeader
from chalicelib.connectors.refusals import MissingError, NotOfferedError, StaleCursorError
from chalicelib.errors import FatalError, RetryableError, SkippableError
from tests.connectors.pages import AT, READING, Shape, Strict, answering, ask, read, rows

Tell = Callable[[Request], dict[str, Any]]
Made = Callable[[int], tuple[Reader, Tell]]


def by_last_id(total: int) -> tuple[Reader, Tell]:
    def tell(request: Request) -> dict[str, Any]:
        start = int(request.params.get("starting_after", -1)) + 1
        return {"rows": rows(range(start, min(start + 3, total))), "more": start + 3 < total}

    return LastId(ask, Strict), tell


def by_cursor(total: int) -> tuple[Reader, Tell]:
    def tell(request: Request) -> dict[str, Any]:
        start = int(request.params.get("after", 0))
        return {
            "rows": rows(range(start, min(start + 3, total))),
            "cursor": str(start + 3) if start + 3 < total else None,
        }

    return BodyCursor(ask, Shape), tell


def by_cursor_in_body(total: int) -> tuple[Reader, Tell]:
    def tell(request: Request) -> dict[str, Any]:
        start = int(request.body.get("after", 0))
        return {
            "rows": rows(range(start, min(start + 3, total))),
            "cursor": str(start + 3) if start + 3 < total else None,
        }

    return BodyCursor(lambda _reading: Request("/things", "POST", body={"limit": 3}), Shape, in_body=True), tell


def by_link(total: int) -> tuple[Reader, Tell]:
    def tell(request: Request) -> dict[str, Any]:
        start = int(request.path.partition("=")[2] or 0)
        more = start + 3 < total
        return {
            "rows": rows(range(start, min(start + 3, total))),
            "link": f"https://vendor.example/things?at={start + 3}" if more else None,
        }

    return BodyLink(ask, Shape), tell


def by_page(total: int) -> tuple[Reader, Tell]:
    def tell(request: Request) -> dict[str, Any]:
        start = (request.params["page"] - 1) * 3
        return {"rows": rows(range(start, min(start + 3, total))), "pages": -(-total // 3)}

    return PageNumber(ask, Shape), tell


def by_offset(total: int) -> tuple[Reader, Tell]:
    def tell(request: Request) -> dict[str, Any]:
        start = request.params["offset"]
        return {"rows": rows(range(start, min(start + 3, total))), "total": total}

    return Offset(ask, Shape), tell


PAGERS = [by_last_id, by_cursor, by_cursor_in_body, by_link, by_page, by_offset]


@pytest.mark.parametrize("made", PAGERS)
@given(total=st.integers(0, 20))
def test_every_row_is_read_and_the_end_is_found(made: Made, total: int) -> None:
    pager, tell = made(total)

    ids, _ = read(pager, answering(tell))

    assert sorted(set(ids)) == list(range(total))


@pytest.mark.parametrize("made", PAGERS)
def test_reading_goes_on_from_every_position(made: Made) -> None:
    pager, tell = made(11)
    whole, positions = read(pager, answering(tell))

    for done, position in enumerate(positions, 1):
        rest, _ = read(pager, answering(tell), position)
        assert set(whole[: done * 3]) | set(rest) == set(range(11))


def test_the_link_header_is_followed_until_it_names_no_next_page() -> None:
    heads = ['<https://vendor.example/things?at=1>; rel="next", <x>; rel="first"', '<x>; rel="prev"']

    def fetch(request: Request) -> Answer:
        return Answer(b'{"rows":[{"id":1}]}', AT, {"Link": heads[1 if "at=" in request.path else 0]})

    ids, positions = read(LinkHeader(ask, Shape), fetch)

    assert (ids, positions) == ([1, 1], [{"link": "https://vendor.example/things?at=1"}])


@pytest.mark.parametrize(
    ("pager", "answer"),
    [
        (LastId(ask, Strict), {"rows": rows([1]), "more": True}),
        (BodyCursor(ask, Shape), {"rows": rows([1]), "cursor": "same"}),
        (BodyLink(ask, Shape), {"rows": rows([1]), "link": "same"}),
    ],
    ids=["last id", "cursor", "link"],
)
def test_a_cursor_that_comes_again_ends_in_an_error(pager: Reader, answer: dict[str, Any]) -> None:
    with pytest.raises(FatalError, match="cursor_loop"):
        read(pager, answering(lambda _request: answer))


MISSHAPEN = [
    '{"rows":[]}',
    '{"more":false}',
    '{"rows":null,"more":false}',
    '{"status":"error"}',
    "[]",
    '"x"',
    '{"rows":[',
]


@pytest.mark.parametrize("body", MISSHAPEN)
def test_a_misshapen_answer_is_never_an_empty_page(body: str) -> None:
    asked: list[Request] = []

    def fetch(request: Request) -> Answer:
        asked.append(request)
        return Answer(body.encode(), AT, {})

    with pytest.raises(RetryableError):
        LastId(ask, Strict)(fetch, READING, None)

    assert len(asked) == 3


def test_a_misshapen_answer_may_be_better_the_next_time() -> None:
    bodies = [b'{"rows":null,"more":false}', b'{"rows":[{"id":1}],"more":false}']

    page = LastId(ask, Strict)(lambda _request: Answer(bodies.pop(0), AT, {}), READING, None)

    assert [bytes(row) for row in page.records] == [b'{"id":1}']


def test_more_without_rows_is_not_an_end() -> None:
    with pytest.raises(RetryableError, match="more"):
        LastId(ask, Strict)(answering(lambda _request: {"rows": [], "more": True}), READING, None)


def missing(request: Request) -> Answer:
    raise MissingError("not there")


def test_a_missing_listing_is_an_error_and_a_missing_parents_is_to_be_passed_over() -> None:
    with pytest.raises(NotOfferedError):
        LastId(ask, Strict)(missing, READING, None)
    with pytest.raises(SkippableError):
        LastId(ask, Strict)(missing, Reading(parents=[Parent("p", b"{}")]), None)


def test_f34_f39_a_page_whose_first_row_is_gone_begins_after_the_one_before() -> None:
    def tell(request: Request) -> dict[str, Any]:
        if request.params.get("starting_after") == "5":
            raise StaleCursorError("5 is gone")
        return {"rows": rows([6]), "more": False}

    page = LastId(ask, Strict)(answering(tell), READING, {"after": ["5", "4"]})

    assert [bytes(row) for row in page.records] == [b'{"id": 6}']


def test_f39_a_listing_of_which_no_place_is_left_begins_anew_and_ends() -> None:
    there = list(range(20))

    def tell(request: Request) -> dict[str, Any]:
        after = request.params.get("starting_after")
        if after is not None and int(after) not in there:
            raise StaleCursorError(f"{after} is gone")
        left = [each for each in there if after is None or each > int(after)]
        if after == "5":
            there[3:9] = []
            raise StaleCursorError("5 is gone, and all around it")
        return {"rows": rows(left[:3]), "more": len(left) > 3}

    ids, positions = read(LastId(ask, Strict), answering(tell))

    assert set(there) <= set(ids)
    assert len({json.dumps(position) for position in positions}) == len(positions)


def test_f39_a_listing_that_begins_anew_again_and_again_is_given_up() -> None:
    def tell(request: Request) -> dict[str, Any]:
        if "starting_after" in request.params:
            raise StaleCursorError("gone")
        return {"rows": rows([1, 2, 3]), "more": True}

    with pytest.raises(FatalError, match="forgot the place"):
        read(LastId(ask, Strict), answering(tell))
