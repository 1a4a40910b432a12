"""The cache of blocks: the same bytes as the store's, asked for once, and never more than it may keep."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from threading import Barrier

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.blocks import BLOCK_BYTES, BlockCache

BODY = Random(1).randbytes(3 * BLOCK_BYTES + 1000)


@dataclass
class Counted:
    """A store of one object that counts what it is asked for."""

    body: bytes = BODY
    asked: list[int] = field(default_factory=list)

    def get_range(self, _key: str, start: int, length: int) -> bytes:
        """Read a range."""
        self.asked.append(start)
        return self.body[start : start + length]


@given(st.lists(st.tuples(st.integers(0, len(BODY) - 1), st.integers(1, 2 * BLOCK_BYTES)), max_size=8))
def test_a_range_is_that_of_the_store(ranges: list[tuple[int, int]]) -> None:
    cache = BlockCache(Counted(), max_bytes=2 * BLOCK_BYTES)

    for start, length in ranges:
        assert cache.get_range("part", start, length) == BODY[start : start + length]


def test_neighbours_are_asked_for_once() -> None:
    store = Counted()
    cache = BlockCache(store)

    cache.get_range("part", 10, 100)
    cache.get_range("part", BLOCK_BYTES - 50, 100)
    cache.get_range("part", 500, 100)

    assert store.asked == [0, BLOCK_BYTES]


def test_the_longest_unused_block_goes_first() -> None:
    store = Counted()
    cache = BlockCache(store, max_bytes=2 * BLOCK_BYTES)
    first, second, third = 0, BLOCK_BYTES, 2 * BLOCK_BYTES

    for start in (first, second, first, third, first, second):
        cache.get_range("part", start, 1)

    assert store.asked == [first, second, third, second]


def test_two_objects_are_two() -> None:
    store = Counted()
    cache = BlockCache(store)

    cache.get_range("one tenant's", 0, 1)
    cache.get_range("another's", 0, 1)

    assert store.asked == [0, 0]


def test_threads_that_want_the_same_block_have_it_read_once() -> None:
    store, together = Counted(), Barrier(8)
    cache = BlockCache(store)

    def read(_number: int) -> bytes:
        together.wait(timeout=20)
        return cache.get_range("part", 7, 5)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(8))) == {BODY[7:12]}
    assert store.asked == [0]
