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

    A position is {"parent": how many parents are done with, "at": the reader's own position within the next ones};
    "missed" names those of them whose children could not be read, so that nothing of theirs counts as gone. Where a
    batch is refused as a whole, "size" says how many are asked for instead: half of them, down to the one that is
    gone, and twice as many again behind it. `parents_from` gives the parents after so many, always in the same order.
    """

    def __init__(self, stream: Stream, batch: int, fetch: Fetch, reading: Reading, parents_from: ParentsFrom) -> None:
        self._stream, self._fetch, self._reading, self._parents_from = stream, fetch, reading, parents_from
        self._most = batch
        self._ahead: Iterator[Parent] = iter(())
        self._begin = -1
        self._held: list[Parent] = []

    def __call__(self, position: Position | None) -> Asked:
        """Ask for one page; raises what the stream's reader raises, but goes on where a parent is gone meanwhile."""
        here = position or _place(0)
        batch = self._batch(here)
        if not batch:
            return Asked(Page(records=(), next=None))
        try:
            page = self._stream.full(self._fetch, replace(self._reading, parents=tuple(batch)), here["at"])
        except SkippableError as gone:
            return self._without(here, batch, gone)
        missed = [*here.get("missed", ()), *(one.key for one in page.skipped if one.under)]
        only = batch[0].key if len(batch) == 1 and not page.parents else None
        if page.next is not None:
            further = {**here, "at": page.next} | ({"missed": missed} if missed else {})
            return Asked(replace(page, next=further), only)
        return Asked(replace(page, next=self._next(here, batch)), only, _visited(batch, missed))

    def _batch(self, here: Position) -> list[Parent]:
        """Give the parents that a position is for, and hold one more, so as to know whether there is one."""
        begin, size = here["parent"], self._size(here)
        done = begin - self._begin
        if not 0 <= done <= len(self._held):
            self._ahead, self._held, done = self._parents_from(begin), [], 0
        self._begin, self._held = begin, self._held[done:]
        self._held += islice(self._ahead, max(0, size + 1 - len(self._held)))
        return self._held[:size]

    def _without(self, here: Position, batch: list[Parent], gone: SkippableError) -> Asked:
        """Ask for half of the batch instead; of one parent alone say why its children could not be read."""
        if len(batch) > 1:
            return Asked(Page(records=(), next=_place(here["parent"], size=len(batch) // 2)))
        reason = f"its {self._stream.name} could not be read: {gone}"
        skipped = [Skipped(batch[0].key, reason, gone.there, under=True)]
        return Asked(Page(records=(), next=self._next(here, batch), skipped=skipped))

    def _next(self, here: Position, batch: list[Parent]) -> Position | None:
        if len(self._held) <= len(batch):
            return None
        wider = 2 * self._size(here)
        return _place(here["parent"] + len(batch), **({"size": wider} if wider < self._most else {}))

    def _size(self, here: Position) -> int:
        return int(here.get("size", self._most))


def _place(parent: int, **more: int) -> Position:
    return {"parent": parent, "at": None, **more}


def _visited(batch: Sequence[Parent], missed: Sequence[str | None]) -> list[str]:
    """Name the parents whose children were all read; none where what was missed may be any of them."""
    return [] if None in missed else [parent.key for parent in batch if parent.key not in missed]
