"""What the slices of a stream show together: how far they came, and what may be taken for gone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.backup.outcome import Slices, sweep_of
from chalicelib.backup.plan import StreamPlan
from chalicelib.connectors.connector import Children, Deletes, Fetch, Page, Position, Reading, Stream
from chalicelib.store.checkpoints import Checkpoint

UNREAD = [["group", "refused", True, True]]
OLDER = [["record", "an entry of a version that said no more"]]
UNKEYED = [{"number": 1, "records": 9, "size_bytes": 90, "quarantined": 1}]


def nothing(_fetch: Fetch, _reading: Reading, _position: Position | None) -> Page:
    return Page(records=(), next=None)


def slices(**found: Any) -> Slices:
    facts = {"account_id": "a", "job_id": "j", "stream": "things", "slice": "00", **found}
    return Slices([Checkpoint.new(now=datetime.now(UTC), **facts)])


@pytest.mark.parametrize(
    ("found", "children", "sweep"),
    [
        ({}, False, "all"),
        ({}, True, "all"),
        ({"skipped": OLDER}, False, "all"),
        ({"skipped": UNREAD}, False, "none"),
        ({"skipped": UNREAD}, True, "parents"),
        ({"parts": UNKEYED}, False, "none"),
        ({"parts": UNKEYED}, True, "none"),
    ],
)
def test_a_full_reading_shows_to_be_gone_what_it_did_not_list_where_it_looked(
    found: dict[str, Any], children: bool, sweep: str
) -> None:
    under = Children("others") if children else None
    stream = Stream("things", full=nothing, deletes=Deletes("sweep"), children=under, not_restorable_because="a test")
    plan = StreamPlan("things", "full", 0, parents="all" if children else "none")

    assert sweep_of(plan, stream, slices(**found), whole=True) == sweep


@pytest.mark.parametrize("deletes", [Deletes("never"), Deletes("events", listed_whole=False)])
def test_a_listing_that_does_not_show_all_shows_nothing_to_be_gone(deletes: Deletes) -> None:
    stream = Stream("things", full=nothing, deletes=deletes, not_restorable_because="a test")

    assert sweep_of(StreamPlan("things", "full", 0), stream, slices(), whole=True) == "none"


@pytest.mark.parametrize(
    ("found", "whole", "sweep"), [({}, True, "all"), ({"parts": UNKEYED}, True, "none"), ({}, False, "none")]
)
def test_a_whole_reading_under_other_keys_sweeps_the_old_ones_whatever_tells_of_deletions(
    found: dict[str, Any], whole: bool, sweep: str
) -> None:
    stream = Stream("things", full=nothing, deletes=Deletes("never"), not_restorable_because="a test")

    assert sweep_of(StreamPlan("things", "full", 0), stream, slices(**found), whole=whole, rekeyed=True) == sweep
