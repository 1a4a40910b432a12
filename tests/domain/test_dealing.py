"""Work is dealt out to as few workers as are worth having, evenly."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.dealing import dealt, workers_for

WEIGHTS = st.dictionaries(st.integers(), st.integers(1, 8), max_size=60)


@given(WEIGHTS, st.integers(1, 10))
def test_every_piece_is_dealt_once(weights: dict[int, int], most: int) -> None:
    hands = dealt(weights, most=most, worth=8)

    assert sorted(piece for hand in hands for piece in hand) == sorted(weights)


@given(WEIGHTS, st.integers(1, 10))
def test_no_hand_is_empty_and_none_much_heavier_than_another(weights: dict[int, int], most: int) -> None:
    loads = [sum(weights[piece] for piece in hand) for hand in dealt(weights, most=most, worth=8)]

    assert all(loads)
    assert max(loads, default=0) - min(loads, default=0) <= max(weights.values(), default=0)


def test_a_hundred_small_pieces_need_fewer_workers_than_a_few_large_ones() -> None:
    small = dealt(dict.fromkeys(range(16), 1), most=10, worth=8)
    large = dealt(dict.fromkeys(range(6), 8), most=10, worth=8)

    assert (len(small), len(large)) == (2, 6)


def test_a_slow_vendor_feeds_few_workers_and_a_fast_one_many() -> None:
    assert workers_for(110, 10, latency_seconds=0.3, most=10) == 4
    assert workers_for(100, 1, latency_seconds=0.3, most=10) == 10
    assert workers_for(1, 10, latency_seconds=0.3, most=10) == 2
