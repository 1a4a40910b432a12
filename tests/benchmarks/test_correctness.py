from hypothesis import given
from hypothesis import strategies as st

from benchmarks.contender import Outcome, Stored
from benchmarks.correctness import judge, scores
from benchmarks.measuring import Usage
from benchmarks.provider.config import Knobs
from benchmarks.provider.faults import Fault

KNOBS = Knobs({"charges": 20}, 1_780_000_000)
ALL = [KNOBS.shape.identifier("charges", index) for index in range(20)]


def outcome(ids: list[str], code: int = 0, reported: tuple[str, ...] = (), altered: int = 0) -> Outcome:
    return Outcome(Usage(code, 1.0, 1.0, 1, ""), Stored({"charges": ids}, 0, reported, altered))


@given(lost=st.sets(st.sampled_from(ALL), min_size=1))
def test_a_run_that_lost_records_scores_nothing_whatever_it_says(lost: set[str]) -> None:
    kept = outcome([identifier for identifier in ALL if identifier not in lost])

    assert judge(KNOBS, kept.stored).missing == len(lost)
    assert not scores(KNOBS, kept)


def test_a_whole_run_scores() -> None:
    assert scores(KNOBS, outcome(ALL))


def test_a_record_stored_twice_is_counted_and_not_lost() -> None:
    assert judge(KNOBS, outcome([*ALL, ALL[0]]).stored).doubled == 1


def test_records_that_the_vendor_sent_without_an_id_are_not_lost_where_they_are_stored_so() -> None:
    knobs = Knobs({"charges": 20}, 1_780_000_000, faults=(Fault("no_id", at=0),))

    assert judge(knobs, outcome([*ALL[3:], "None", "None", "None"]).stored).whole
    assert judge(knobs, outcome(ALL[3:]).stored).missing == 3


def test_a_record_that_the_vendor_never_had_does_not_score() -> None:
    assert not scores(KNOBS, outcome([*ALL, "ch_made_up"]))


def test_bytes_that_are_not_the_vendors_do_not_score() -> None:
    assert not scores(KNOBS, outcome(ALL, altered=1))


def test_a_whole_run_that_reported_a_failure_does_not_score() -> None:
    assert not scores(KNOBS, outcome(ALL, reported=("job partial",)))
    assert not scores(KNOBS, outcome(ALL, code=1))
