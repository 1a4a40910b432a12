"""What is lost with a worker is a part's worth, however many read side by side in it."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.writer import PART_BYTES
from chalicelib.backup.unsaved import AHEAD, Unsaved

PAGES = st.lists(st.tuples(st.integers(0, 15), st.integers(1, PART_BYTES // 64)), min_size=20, max_size=300)


@given(PAGES)
def test_readers_hold_a_parts_worth_together_and_a_page_more_each(pages: list[tuple[int, int]]) -> None:
    unsaved, held = Unsaved(), dict.fromkeys(range(16), 0)
    largest = max(size for _, size in pages)

    for reader, size in pages:
        held[reader] += size
        if unsaved.too_much(reader, held[reader], size):
            held[reader] = 0

    assert sum(held.values()) <= PART_BYTES + 16 * largest


def test_one_that_reads_alone_fills_a_whole_part() -> None:
    unsaved = Unsaved(1_000)

    assert [unsaved.too_much("only", size, 100) for size in (900, 1_000, 1_001)] == [False, False, True]


def test_the_pages_that_others_are_fetching_count() -> None:
    unsaved = Unsaved(1_000)
    unsaved.too_much("other", 0, 300)

    assert unsaved.too_much("one", 1_000 - AHEAD * 300 + 1, 300)


def test_one_that_waits_with_much_in_hand_keeps_nobody_from_storing() -> None:
    unsaved = Unsaved(1_000)
    unsaved.too_much("waiting", 900, 10)

    assert [unsaved.too_much("one", size, 10) for size in (60, 400, 490)] == [False, False, True]


def test_one_that_holds_little_leaves_it_to_the_others() -> None:
    unsaved = Unsaved(1_000)
    unsaved.too_much("much", 990, 10)

    assert not unsaved.too_much("little", 20, 10)
    assert unsaved.too_much("much", 1_000, 10)


def test_what_is_done_with_counts_no_more() -> None:
    unsaved = Unsaved(1_000)
    unsaved.too_much("gone", 900, 10)
    unsaved.done("gone")

    assert not unsaved.too_much("one", 900, 10)
