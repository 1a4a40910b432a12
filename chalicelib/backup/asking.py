"""How one slice asks for its next page: by its stream's reader, and for a child stream parent after parent."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from chalicelib.connectors.connector import Fetch, Page, Parent, Position, Reader, Reading, Skipped, Stream
from chalicelib.errors import SkippableError

ParentsFrom = Callable[[int], Iterator[Parent]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A page, the parent of all its records where that is one, and the parents whose children are now all read."""

    page: Page
    parent: str | None = None
    visited: Sequence[str] = ()


def plain(reader: Reader, fetch: Fetch, reading: Reading) -> Callable[[Position | None], Asked]:
    """Ask without regard to parents."""
    return lambda position: Asked(reader(fetch, reading, position))


class ChildrenOf:
    """Asks for the children of one parent (or batch of parents) after the other.

    A position is {"parent": how many parents are done with, "at": the reader's own position within the next ones}.
    `parents_from` gives the parents after so many, always in the same order.
    """

    def __init__(self, stream: Stream, batch: int, fetch: Fetch, reading: Reading, parents_from: ParentsFrom) -> None:
        self._stream, self._fetch, self._reading, self._parents_from = stream, fetch, reading, parents_from
        self._size = batch
        self._ahead: Iterator[Parent] = iter(())
        self._begin = -1
        self._batch: list[Parent] = []
        self._following: list[Parent] = []

    def __call__(self, position: Position | None) -> Asked:
        """Ask for one page; raises what the stream's reader raises, but goes on where a parent is gone meanwhile."""
        begin, at = (position["parent"], position["at"]) if position else (0, None)
        self._move(begin)
        if not self._batch:
            return Asked(Page(records=(), next=None))
        try:
            page = self._stream.full(self._fetch, replace(self._reading, parents=tuple(self._batch)), at)
        except SkippableError as gone:
            skipped = [
                Skipped(parent.key, f"its {self._stream.name} could not be read: {gone}", gone.there, under=True)
                for parent in self._batch
            ]
            return Asked(Page(records=(), next=self._next(begin), skipped=skipped))
        visited = [parent.key for parent in self._batch] if page.next is None else []
        further = {"parent": begin, "at": page.next} if page.next is not None else self._next(begin)
        return Asked(replace(page, next=further), self._only_parent(page), visited)

    def _move(self, begin: int) -> None:
        """Have the batch that begins there in hand, and the one after it, so as to know whether there is one."""
        if begin == self._begin:
            return
        if begin == self._begin + len(self._batch) and self._begin >= 0:
            self._batch = self._following
        else:
            self._ahead = self._parents_from(begin)
            self._batch = list(islice(self._ahead, self._size))
        self._begin = begin
        self._following = list(islice(self._ahead, self._size))

    def _next(self, begin: int) -> Position | None:
        return {"parent": begin + len(self._batch), "at": None} if self._following else None

    def _only_parent(self, page: Page) -> str | None:
        return self._batch[0].key if len(self._batch) == 1 and not page.parents else None
