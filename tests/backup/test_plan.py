"""What a job reads, and how: decided from facts alone."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.backup.declared import Declared, sum_of
from chalicelib.backup.plan import Before, mode_of
from chalicelib.backup.read import MOST_SKIPPED, Entry, listed, patience
from chalicelib.connectors.connector import Children, Deletes, Fetch, Page, Position, Reading, Skipped, Stream
from chalicelib.domain.schedule import next_sync
from chalicelib.domain.windows import Bounds, Span, Stretch, even, halving, window

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def nothing(_fetch: Fetch, _reading: Reading, _position: Position | None) -> Page:
    return Page(records=(), next=None)


def stream(**facts: Any) -> Stream:
    given_facts: dict[str, Any] = {"deletes": Deletes("sweep", 7 * DAY), "changes": nothing} | facts
    return Stream("things", full=nothing, not_restorable_because="a test", **given_facts)


def left(read: timedelta = DAY, swept: timedelta = DAY, since: Any = 1, complete: bool = True) -> Before:
    return Before(since=since, read_at=NOW - read, swept_at=NOW - swept, live=10, complete=complete)


@pytest.mark.parametrize(
    ("facts", "before", "full", "mode"),
    [
        ({}, left(), False, "incremental"),
        ({}, left(), True, "full"),
        ({}, None, False, "full"),
        ({}, Before(), False, "full"),
        ({}, left(since=None), False, "full"),
        ({"changes": None}, left(), False, "full"),
        ({"retains": 30 * DAY}, left(read=26 * DAY, swept=DAY), False, "incremental"),
        ({"retains": 30 * DAY, "deletes": Deletes("events")}, left(read=27 * DAY), False, "full"),
        ({}, left(swept=5 * DAY), False, "incremental"),
        ({}, left(swept=6 * DAY), False, "full"),
        ({"deletes": Deletes("never")}, left(swept=300 * DAY), False, "incremental"),
        ({"changes": None, "children": Children("others")}, left(), False, "incremental"),
        ({"changes": None, "children": Children("others", when="always")}, left(), False, "full"),
    ],
)
def test_a_stream_is_read_in_full_only_where_it_has_to_be(
    facts: dict[str, Any], before: Before | None, full: bool, mode: str
) -> None:
    if facts.get("retains") == 30 * DAY and mode == "incremental":
        facts = facts | {"deletes": Deletes("events")}

    assert mode_of(stream(**facts), before, NOW, full=full, parents=left()) == mode


@pytest.mark.parametrize(
    ("before", "mode"),
    [(Declared(2, "id"), "incremental"), (Declared(1, "id"), "full"), (Declared(2, "old"), "full"), (None, "full")],
)
def test_a_stream_that_is_declared_otherwise_than_it_was_read_is_read_in_full(
    before: Declared | None, mode: str
) -> None:
    kept = replace(left(), declared=before)

    assert mode_of(stream(), kept, NOW, full=False, declared=Declared(2, "id")) == mode


@pytest.mark.parametrize(
    ("before", "now", "mode"),
    [
        (["a", "b"], ["b", "a"], "incremental"),
        (["a"], ["a", "b"], "full"),
        ([], ["a"], "incremental"),
        (["a"], [], "incremental"),
    ],
    ids=["the same", "one more", "not known before", "not known now"],
)
def test_a_stream_whose_connection_was_granted_other_scopes_is_read_in_full(
    before: list[str], now: list[str], mode: str
) -> None:
    kept = replace(left(), declared=Declared(1, "id", sum_of(before)))

    assert mode_of(stream(), kept, NOW, full=False, declared=Declared(1, "id", sum_of(now))) == mode


@pytest.mark.parametrize(
    ("days", "owing", "mode"), [(5, True, "incremental"), (6, True, "full"), (300, False, "incremental")]
)
def test_a_stream_that_is_never_listed_is_once_a_week_while_it_owes_something(
    days: int, owing: bool, mode: str
) -> None:
    kept = replace(left(swept=days * DAY), owing=owing)

    assert mode_of(stream(deletes=Deletes("events")), kept, NOW, full=False) == mode


@pytest.mark.parametrize(
    ("children", "parents"),
    [(left(complete=False), left()), (left(), left(complete=False)), (left(), None)],
    ids=["children not read whole", "parents not read whole", "parents never read"],
)
def test_children_whose_changed_parents_only_an_earlier_job_knew_are_read_in_full(
    children: Before, parents: Before | None
) -> None:
    by_parents = stream(changes=None, children=Children("others"))
    by_themselves = stream(children=Children("others"))

    assert mode_of(by_parents, children, NOW, full=False, parents=parents) == "full"
    assert mode_of(by_themselves, children, NOW, full=False, parents=parents) == "incremental"


@given(
    earliest=st.integers(0, 1_700_000_000),
    seconds=st.integers(0, 10**9),
    count=st.integers(1, 12),
    unit=st.sampled_from(["seconds", "rfc3339"]),
)
def test_windows_meet_and_cover_all_the_time(earliest: int, seconds: int, count: int, unit: Any) -> None:
    begin = datetime.fromtimestamp(earliest, UTC)
    written = str(earliest) if unit == "seconds" else begin.isoformat()

    spans = halving(Bounds(written, begin + timedelta(seconds=seconds), unit), count)

    windows = [window(span, unit) for span in spans]
    assert 1 <= len(windows) <= count
    assert all(one[1] == other[0] for one, other in pairwise(windows))
    assert _seconds(windows[0][0], unit) == earliest
    assert _seconds(windows[-1][1], unit) > earliest + seconds
    assert all(_seconds(one, unit) < _seconds(other, unit) for one, other in windows)


STRETCHES = st.lists(st.tuples(st.integers(1, 10**7), st.integers(0, 10**6)), min_size=1, max_size=8)


@given(STRETCHES, st.integers(1, 20))
def test_even_spans_meet_and_hold_about_as_many_records_each(told: list[tuple[int, int]], count: int) -> None:
    stretches, at = [], NOW
    for seconds, records in told:
        stretches.append(Stretch((at, at + timedelta(seconds=seconds)), records))
        at += timedelta(seconds=seconds)

    spans = even(stretches, count)

    assert 1 <= len(spans) <= count
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    assert (spans[0][0], spans[-1][1]) == (NOW, at)
    densest = max(stretch.records / (stretch.span[1] - stretch.span[0]).total_seconds() for stretch in stretches)
    most = sum(stretch.records for stretch in stretches) / count + 2 * densest
    assert all(_records_in(span, stretches) <= most + 1e-6 for span in spans)


def _records_in(span: Span, stretches: list[Stretch]) -> float:
    held = 0.0
    for stretch in stretches:
        (begin, end), inside = stretch.span, timedelta(0)
        inside = max(timedelta(0), min(end, span[1]) - max(begin, span[0]))
        held += stretch.records * (inside / (end - begin))
    return held


def _seconds(text: str, unit: str) -> int:
    return int(text) if unit == "seconds" else int(datetime.fromisoformat(text).timestamp())


@given(minutes=st.integers(1, 10_000), late=st.integers(0, 10**7))
def test_the_next_time_is_on_the_rhythm_and_in_the_future(minutes: int, late: int) -> None:
    planned = NOW - timedelta(seconds=late)

    due = next_sync({"interval_minutes": minutes}, planned, NOW)

    assert due is not None
    assert NOW < due <= NOW + timedelta(minutes=minutes)
    assert (due - planned) % timedelta(minutes=minutes) == timedelta(0)


def test_a_source_without_a_rhythm_has_no_next_time() -> None:
    assert next_sync({}, NOW, NOW) is None


@given(asked=st.floats(0, 10_000), waits=st.integers(1, 100))
def test_waiting_never_falls_short_of_what_the_vendor_asks(asked: float, waits: int) -> None:
    assert patience(asked, waits) >= max(1, asked)


@pytest.mark.parametrize("odd", [math.inf, 1_796_000_000.0])
def test_a_date_or_worse_where_seconds_are_due_does_not_stop_a_job_for_years(odd: float) -> None:
    assert patience(odd, 1) <= 6 * 3600


@given(st.lists(st.integers(1, 900), max_size=8))
def test_the_list_of_what_was_skipped_stays_short_and_loses_no_count(batches: list[int]) -> None:
    kept: list[Entry] = []
    for size in batches:
        kept = listed(kept, [Skipped(f"key {n}", "gone", there=n == 0) for n in range(size)])

    more = [int(str(reason).split()[0]) for key, reason, *_ in kept if key is None]
    assert len(kept) <= MOST_SKIPPED + 1
    assert len(kept) - len(more) + sum(more) == sum(batches)
    assert any(there for _key, _reason, there, _under in kept) == bool(batches)
