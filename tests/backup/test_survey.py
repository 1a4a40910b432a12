"""Windows of a large stream are about equal work, wherever in time its records are."""

import math
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgspec import Raw

from chalicelib.backup.shaping import CHILD_SLICES, TURNS, Shaping
from chalicelib.backup.sizes import Size, sized
from chalicelib.connectors.connector import Answer, Deletes, Page, Position, Reading, Request, Stream, Window
from chalicelib.connectors.stripe import STRIPE
from chalicelib.domain.windows import Stretch

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPENED = int(datetime(2011, 1, 1, tzinfo=UTC).timestamp())
PAGE = 100


def no_page(*_asked: Any) -> Page:
    raise AssertionError


def no_vendor(request: Request) -> Answer:
    raise AssertionError


class Collection:
    """A vendor's collection with records made at certain seconds, listed newest first."""

    def __init__(self, ages: list[timedelta]) -> None:
        self.made = sorted(int((NOW - age).timestamp()) for age in ages)
        self.asked = 0

    def between(self, window: tuple[str, str]) -> list[int]:
        return self.made[bisect_left(self.made, int(window[0])) : bisect_left(self.made, int(window[1]))]

    def page(self, _fetch: Any, reading: Reading, _position: Position | None) -> Page:
        self.asked += 1
        found = self.between(reading.window or ("0", "9999999999"))[::-1]
        records = [Raw(b'{"id":"%d","created":%d}' % (n, made)) for n, made in enumerate(found[:PAGE])]
        return Page(records, {"after": "x"} if len(found) > PAGE else None)

    def windows(self, readers: int) -> list[tuple[str, str]]:
        stream = Stream("things", self.page, Deletes("sweep"), cursor="created", window=Window("created", str(OPENED)))
        size = sized(stream, None, no_vendor, Reading(until=NOW), whole=True)
        slices = Shaping({"things": size}, readers).slices(STRIPE, stream, "full")
        return [one.window or (str(OPENED), "9999999999") for one in slices]


EVENLY = {years: [timedelta(days=365 * years * n / 60_000) for n in range(60_000)] for years in (1, 3, 8, 15)}
GROWING = [timedelta(days=-800 * math.log(1 - 0.95 * n / 60_000)) for n in range(60_000)]
IMPORTED = [timedelta(seconds=n / 10) for n in range(5_000)]


@pytest.mark.parametrize(
    "ages",
    [*EVENLY.values(), GROWING],
    ids=["one year", "three years", "eight years", "fifteen years", "growing"],
)
def test_readers_that_take_window_after_window_end_together(ages: list[timedelta]) -> None:
    collection = Collection(ages)

    found = collection.windows(10)

    held = [len(collection.between(one)) for one in found]
    assert sum(held) == len(ages)
    assert max(shared(held, 10)) <= 1.35 * len(ages) / 10
    assert collection.asked <= 7


def shared(windows: list[int], readers: int) -> list[int]:
    """What each of so many readers has read in the end, who takes the next window whenever it is done with one."""
    read = [0] * readers
    for window in windows:
        read[read.index(min(read))] += window
    return read


def test_an_import_this_morning_is_not_taken_for_the_rule() -> None:
    collection = Collection([*EVENLY[3], *IMPORTED])

    held = [len(collection.between(one)) for one in collection.windows(10)]

    assert max(shared(held, 10)) <= 1.35 * len(EVENLY[3]) / 10 + len(IMPORTED)


def test_no_record_is_outside_of_the_windows() -> None:
    found = Collection(EVENLY[3]).windows(10)

    assert int(found[0][0]) == OPENED
    assert int(found[-1][1]) > NOW.timestamp()
    assert all(one[1] == other[0] for one, other in pairwise(found))


def test_a_smaller_stream_has_fewer_windows() -> None:
    assert len(Collection(EVENLY[3][::3]).windows(10)) <= 12


def test_a_stream_beside_a_larger_one_has_its_part_of_the_windows() -> None:
    stretches = [Stretch((NOW - timedelta(days=100), NOW), 40_000)]
    sizes = {"things": Size(40_000, stretches), "others": Size(360_000)}
    stream = Stream("things", no_page, Deletes("sweep"), cursor="created", window=Window("created", str(OPENED)))

    assert len(Shaping(sizes, 10).slices(STRIPE, stream, "full")) == TURNS


def test_the_children_of_few_parents_are_read_in_one_piece() -> None:
    lines = next(stream for stream in STRIPE.streams if stream.children is not None and not stream.children.keyed)
    assert lines.children is not None

    few, many = (Shaping({lines.children.of: Size(count)}, 10) for count in (200, 50_000))

    assert [len(shaping.slices(STRIPE, lines, "full")) for shaping in (few, many)] == [1, CHILD_SLICES]


def test_records_of_one_moment_are_one_window_for_all_anyone_can_tell() -> None:
    collection = Collection([timedelta(days=1)] * 5000)

    assert sum(len(collection.between(one)) for one in collection.windows(10)) == 5000
