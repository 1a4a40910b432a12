"""Reading pages one after the other, the next one being fetched while this one is written."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import msgspec

from chalicelib.backup.asking import Asked
from chalicelib.connectors.connector import Page, Position
from chalicelib.errors import FatalError

MOST_EMPTY_PAGES = 1_000


class Turns:
    """Watches that a listing gets anywhere: no position twice, no endless run of pages without a record."""

    def __init__(self, begin: Position | None) -> None:
        self._seen = {_mark(begin)}
        self._empty = 0

    def turn(self, page: Page) -> None:
        """Take note of a page; raises FatalError where the listing goes round in circles."""
        if page.next is None:
            return
        self._empty = 0 if page.records or page.deleted else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            raise FatalError(f"cursor_loop: the vendor gave {self._empty} pages in a row without a record")
        mark = _mark(page.next)
        if mark in self._seen:
            raise FatalError("cursor_loop: the vendor's next page is one it has given before")
        self._seen.add(mark)


def pages(
    ask: Callable[[Position | None], Asked], begin: Position | None, go_on: Callable[[], bool]
) -> Iterator[Asked]:
    """Read pages from a position until the last one, or until `go_on` says no; the last page's `next` tells which.

    Whatever `ask` raises is raised when its page's turn comes, so that the pages before it are not lost.
    """
    turns = Turns(begin)
    pool = ThreadPoolExecutor(1, thread_name_prefix="fetch")
    try:
        under_way: Future[Asked] | None = pool.submit(ask, begin)
        while under_way is not None:
            asked = under_way.result()
            failed, further = _turned(turns, asked.page), asked.page.next
            under_way = pool.submit(ask, further) if further is not None and failed is None and go_on() else None
            yield asked
            if failed is not None:
                raise failed
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _turned(turns: Turns, page: Page) -> FatalError | None:
    try:
        turns.turn(page)
    except FatalError as circle:
        return circle
    return None


def _mark(position: Position | None) -> int:
    return hash(msgspec.json.encode(position, order="deterministic"))
