"""The ways of paging in which a page is a number: page numbers and offsets. Rows may move between such pages."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reading, Request
from chalicelib.connectors.paging import Ask, Rows, listed, record_id, with_params
from chalicelib.errors import FatalError

STEPS_BACK = 20
COUNTS = 2


class Paged(Rows, Protocol):
    """An answer that says how many pages there are."""

    @property
    def pages(self) -> int: ...


@dataclass(frozen=True)
class PageNumber:
    """Pages are numbered from `first`; the answer says how many there are. With another size their numbers change."""

    ask: Ask
    shape: type[Paged]
    param: str = "page"
    first: int = 1

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        number = position["page"] if position else self.first
        request = replace(with_params(self.ask(reading), {self.param: number}), size_param=None)
        answer, _ = listed(fetch, reading, request, self.shape)
        following = number + 1
        return Page(answer.rows, {"page": following} if following < self.first + answer.pages else None)


class Counted(Rows, Protocol):
    """An answer that says how many records there are in all."""

    @property
    def total(self) -> int: ...


@dataclass(frozen=True)
class Offset:
    """Pages begin at a row number; the answer says how many rows there are.

    The row number is a parameter, or, `in_body`, in the body. Every page begins with the last row of the page before.
    If it is another row, a row before it has gone and one was missed: the reading steps back by a page, and what is
    read twice is known by its key.
    """

    ask: Ask
    shape: type[Counted]
    param: str = "offset"
    first: int = 0
    id_of: Callable[[Raw], str] = record_id
    in_body: bool = False

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        here = position or {"offset": self.first, "last": None, "moved": 0}
        offset, last, moved = here["offset"], here["last"], here["moved"]
        answer = self._counted(fetch, reading, offset)
        rows = answer.rows
        if last is not None and (not rows or self.id_of(rows[0]) != last):
            return Page(rows, _back(max(self.first, offset - max(len(rows), 1)), moved + 1))
        end = offset + len(rows)
        if end >= self.first + answer.total:
            return Page(rows, None)
        return Page(rows, {"offset": end - 1, "last": self.id_of(rows[-1]), "moved": moved})

    def _counted(self, fetch: Fetch, reading: Reading, offset: int) -> Counted:
        """Ask for a page, once more where rows are counted that it does not have; raises FatalError if that stays."""
        for _ in range(COUNTS):
            answer, _head = listed(fetch, reading, self._from(self.ask(reading), offset), self.shape)
            end = offset + len(answer.rows)
            if len(answer.rows) > 1 or end >= self.first + answer.total:
                return answer
        raise FatalError(f"count_mismatch: the vendor counts {answer.total} rows, but shows none from {end} on")

    def _from(self, request: Request, offset: int) -> Request:
        if self.in_body:
            return replace(request, body={**request.body, self.param: offset})
        return with_params(request, {self.param: offset})


def _back(offset: int, moved: int) -> Position:
    if moved > STEPS_BACK:
        raise FatalError("rows keep moving between pages, so that none can be found again; back the source up again")
    return {"offset": offset, "last": None, "moved": moved}
