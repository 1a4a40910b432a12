"""Slices are for streams that are worth their price."""

from datetime import UTC, datetime, timedelta

from msgspec import Raw

from chalicelib.backup.plan import CHILD_SLICES, Before, planned
from chalicelib.backup.sizes import MANY, estimate
from chalicelib.connectors.connector import Children, Deletes, Page, Stream, Window

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPENED = NOON - timedelta(days=1000)
WINDOW = Window("created", earliest=str(int(OPENED.timestamp())))


def stream(**facts: object) -> Stream:
    return Stream("things", lambda *_: Page((), None), Deletes("sweep"), cursor="created", window=WINDOW, **facts)


def first_page(*ages: timedelta, more: bool) -> Page:
    made = [int((NOON - age).timestamp()) for age in ages]
    records = [Raw(b'{"id":"%d","created":%d}' % (n, created)) for n, created in enumerate(made)]
    return Page(records, {"after": "x"} if more else None)


def slices(expected: int, **facts: object) -> int:
    return len(planned(stream(**facts), 0, "full", Before(), {}, expected).slices)


def test_a_first_page_that_is_the_last_says_exactly_how_many_there_are() -> None:
    page = first_page(timedelta(0), timedelta(days=5), more=False)

    assert estimate(stream(), WINDOW, page, NOON) == 2


def test_a_first_page_says_by_its_density_how_many_there_may_be() -> None:
    page = first_page(timedelta(0), timedelta(days=5), timedelta(days=10), more=True)

    assert estimate(stream(), WINDOW, page, NOON) == 300


def test_a_page_of_one_moment_may_be_the_first_of_very_many() -> None:
    page = first_page(timedelta(0), timedelta(0), more=True)

    assert estimate(stream(), WINDOW, page, NOON) == MANY


def test_the_children_of_few_parents_are_read_in_one_piece() -> None:
    children = Children("parents")

    assert (slices(200, children=children), slices(50_000, children=children)) == (1, CHILD_SLICES)
