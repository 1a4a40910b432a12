"""Reading pages one after the other, the next one being fetched while this one is written."""

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Thread

import msgspec

from chalicelib.backup.asking import Asked
from chalicelib.connectors.connector import Page, Position
from chalicelib.errors import FatalError

MOST_EMPTY_PAGES = 1_000

Wanted = tuple[Position | None] | None


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
    wanted: SimpleQueue[Wanted] = SimpleQueue()
    found: SimpleQueue[Asked | BaseException] = SimpleQueue()
    Thread(target=_fetch, args=(ask, wanted, found), name="fetch", daemon=True).start()
    try:
        wanted.put((begin,))
        under_way = True
        while under_way:
            asked = found.get()
            if isinstance(asked, BaseException):
                raise asked
            failed, further = _turned(turns, asked.page), asked.page.next
            under_way = further is not None and failed is None and go_on()
            if under_way:
                wanted.put((further,))
            yield asked
            if failed is not None:
                raise failed
    finally:
        wanted.put(None)


def _fetch(
    ask: Callable[[Position | None], Asked], wanted: SimpleQueue[Wanted], found: SimpleQueue[Asked | BaseException]
) -> None:
    """Ask for the positions that are wanted, until there are no more; what is raised counts as an answer."""
    while (position := wanted.get()) is not None:
        try:
            found.put(ask(*position))
        except BaseException as failed:  # noqa: BLE001  it is raised where the answer is awaited
            found.put(failed)


def _turned(turns: Turns, page: Page) -> FatalError | None:
    try:
        turns.turn(page)
    except FatalError as circle:
        return circle
    return None


def _mark(position: Position | None) -> int:
    return hash(msgspec.json.encode(position, order="deterministic"))
