"""Which way a job may go."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.job_status import ENDED, MOVES, before, may_move

STATUSES = st.sampled_from(sorted(MOVES))


@given(st.lists(STATUSES, min_size=2, max_size=12))
def test_a_job_ends_once_and_stays_ended(wanted: list[str]) -> None:
    status, endings = "pending", 0
    for new in wanted:
        if may_move(status, new):
            status, endings = new, endings + (new in ENDED)

    assert endings <= 1
    assert (status in ENDED) == (endings == 1)


@given(STATUSES, STATUSES)
def test_what_may_come_before_is_what_may_move_there(old: str, new: str) -> None:
    assert (old in before(new)) == may_move(old, new)


def test_a_job_is_never_green_without_having_run() -> None:
    assert before("completed") == before("partial") == ("running",)


def test_every_status_but_the_last_ones_can_be_cancelled() -> None:
    assert set(before("cancelled")) == MOVES.keys() - ENDED
