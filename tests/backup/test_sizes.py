"""How large a stream may be is told by the snapshot before, or by a first page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import Raw

from chalicelib.backup.plan import Before
from chalicelib.backup.sizes import MANY, WORTH_WINDOWS, estimate, sized
from chalicelib.backup.survey import times_of
from chalicelib.connectors.connector import Answer, Deletes, Page, Reading, Request, Stream, Window
from chalicelib.errors import BackupError, FatalError, RetryableError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPENED = NOON - timedelta(days=1000)
WINDOW = Window("created", earliest=str(int(OPENED.timestamp())))
READING = Reading(until=NOON)


def no_vendor(request: Request) -> Answer:
    raise AssertionError


def never(*_asked: Any) -> Page:
    raise AssertionError("the vendor is asked")


def stream(full: Any = never, **facts: Any) -> Stream:
    given_facts: dict[str, Any] = {"cursor": "created", "window": WINDOW} | facts
    return Stream("things", full, Deletes("sweep"), **given_facts)


def first_page(*ages: timedelta, more: bool) -> Page:
    made = [int((NOON - age).timestamp()) for age in ages]
    records = [Raw(b'{"id":"%d","created":%d}' % (n, created)) for n, created in enumerate(made)]
    return Page(records, {"after": "x"} if more else None)


def test_a_first_page_that_is_the_last_says_exactly_how_many_there_are() -> None:
    page = first_page(timedelta(0), timedelta(days=5), more=False)

    assert estimate(stream(), WINDOW, page, NOON) == 2


def test_a_first_page_says_by_its_density_how_many_there_may_be() -> None:
    page = first_page(timedelta(0), timedelta(days=5), timedelta(days=10), more=True)

    assert estimate(stream(), WINDOW, page, NOON) == 300


def test_a_page_of_one_moment_may_be_the_first_of_very_many() -> None:
    page = first_page(timedelta(0), timedelta(0), more=True)

    assert estimate(stream(), WINDOW, page, NOON) == MANY


@pytest.mark.parametrize(
    ("left", "facts", "whole"),
    [
        (Before(live=WORTH_WINDOWS), {}, True),
        (Before(live=0), {}, True),
        (Before(live=10**6), {}, False),
        (None, {}, False),
        (None, {"window": None}, True),
    ],
)
def test_the_vendor_is_not_asked_where_no_answer_would_cut_the_stream(
    left: Before | None, facts: dict[str, Any], whole: bool
) -> None:
    found = sized(stream(**facts), left, no_vendor, READING, whole=whole)

    assert (found.records, list(found.stretches)) == (left.live if left else 0, [])


@pytest.mark.parametrize("error", [FatalError("created is not a filter"), RetryableError("the vendor answered 500")])
def test_a_vendor_that_does_not_say_how_much_there_is_has_it_read_in_one_piece(error: BackupError) -> None:
    def refused(*_asked: Any) -> Page:
        raise error

    assert sized(stream(refused), None, no_vendor, READING, whole=True).stretches == ()


def test_a_vendor_that_says_when_to_come_back_is_obeyed() -> None:
    def busy(*_asked: Any) -> Page:
        raise RetryableError("the vendor answered 429", after_seconds=45)

    with pytest.raises(RetryableError):
        sized(stream(busy), None, no_vendor, READING, whole=True)


def test_what_is_no_time_says_nothing_of_how_much_there_is() -> None:
    page = Page([Raw(b'{"id":"a","created":"ann@example.com"}'), Raw(b'{"id":"b","created":1e99}')], None)

    assert times_of(stream(), WINDOW, page) == []
