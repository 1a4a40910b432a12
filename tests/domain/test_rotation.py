"""Which contents are read again: each of them comes round, whatever the rhythm and however little there is time for."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.rotation import CIRCLE, PERIOD, Share, next_share

GAPS = st.lists(st.floats(0.001, 400).map(lambda hours: timedelta(hours=hours)), min_size=1, max_size=60)


@given(GAPS)
def test_every_content_is_read_within_the_period_whatever_the_rhythm(gaps: list[timedelta]) -> None:
    ended, total, passed = 7, 0, timedelta()
    for gap in gaps:
        share = next_share(ended, 0, gap)
        assert share.start == ended % CIRCLE
        ended, total, passed = share.start + share.width, total + share.width, passed + gap

    assert total >= min(CIRCLE, CIRCLE * (passed / PERIOD)) - len(gaps)


@given(GAPS, st.floats(0.1, 1))
def test_what_there_was_no_time_for_is_due_next_time(gaps: list[timedelta], part: float) -> None:
    ended, behind, read, passed = 0, 0, 0, timedelta()
    for gap in gaps:
        share = next_share(ended, behind, gap)
        width = int(share.width * part)
        ended, behind, read, passed = share.start + width, share.width - width, read + width, passed + gap

    assert read + behind >= min(CIRCLE, CIRCLE * (passed / PERIOD)) - len(gaps)
    assert behind <= CIRCLE


def test_a_share_goes_on_over_the_end_of_the_circle() -> None:
    share = Share(CIRCLE - 1, 3)

    assert [share.distance(bytes.fromhex(it)) for it in ("ffffffff", "00000000", "00000001")] == [0, 1, 2]


def test_a_clock_that_went_back_asks_for_nothing() -> None:
    assert next_share(5, 0, timedelta(days=-1)) == Share(5, 0)
