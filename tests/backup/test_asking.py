"""Children are asked for batch after batch of parents; one that is gone takes none of the others with it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from msgspec import Raw

from chalicelib.backup.asking import Asked, ChildrenOf
from chalicelib.connectors.connector import (
    Answer,
    Children,
    Deletes,
    Fetch,
    Page,
    Parent,
    Position,
    Reading,
    Request,
    Skipped,
    Stream,
)
from chalicelib.connectors.refusals import MissingError

PARENTS = [Parent(str(number), b"{}") for number in range(40)]


@dataclass
class Vendor:
    """Has one child of each parent, two pages for a batch; refuses a batch that has one of `gone` in it."""

    gone: Sequence[str] = ()
    unread: Sequence[str | None] = ()
    asked: list[int] = field(default_factory=list)

    def read(self, _fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        keys = [parent.key for parent in reading.parents]
        if set(keys) & set(self.gone):
            self.asked.append(len(keys))
            raise MissingError("not there")
        if position is None:
            return Page((), {"page": 2}, skipped=[Skipped(key, "not now", under=True) for key in self.unread])
        self.asked.append(len(keys))
        return Page([Raw(json.dumps({"id": key}).encode()) for key in keys], None, parents=keys)


def never(request: Request) -> Answer:
    raise AssertionError(request)


def asked(vendor: Vendor, batch: int, *, anew: bool = False) -> list[Asked]:
    """Read all children; `anew` as a worker does that has only the position."""
    stream = Stream("lines", full=vendor.read, deletes=Deletes("sweep"), children=Children("invoices", batch))

    def begun() -> ChildrenOf:
        return ChildrenOf(stream, batch, never, Reading(), lambda after: iter(PARENTS[after:]))

    asking, read, position = begun(), list[Asked](), None
    while not read or position is not None:
        read.append(asking(position))
        position = json.loads(json.dumps(read[-1].page.next))
        asking = begun() if anew else asking
        assert len(read) < 500
    return read


def visited(read: list[Asked]) -> list[str]:
    return [key for one in read for key in one.visited]


@pytest.mark.parametrize("anew", [False, True])
@pytest.mark.parametrize("batch", [1, 7, 16, 40, 100])
@pytest.mark.parametrize("gone", [[], ["0"], ["13", "14"], ["39"], [parent.key for parent in PARENTS]])
def test_f42_a_parent_that_is_gone_takes_no_other_of_its_batch_with_it(
    gone: list[str], batch: int, *, anew: bool
) -> None:
    read = asked(Vendor(gone), batch, anew=anew)

    others = [parent.key for parent in PARENTS if parent.key not in gone]
    assert [key for one in read for key in one.page.parents] == others
    assert visited(read) == others
    assert [one.key for page in read for one in page.page.skipped] == gone


def test_a_parent_that_is_gone_costs_few_requests_and_the_batches_are_whole_again_behind_it() -> None:
    vendor = Vendor(["3"])

    asked(vendor, 16)

    assert vendor.asked == [16, 8, 4, 2, 4, 2, 1, 2, 1, 2, 4, 8, 16, 6]


@pytest.mark.parametrize(("unread", "missed"), [(["4", "5"], {"4", "5"}), ([None], {one.key for one in PARENTS})])
def test_parents_of_which_something_was_passed_over_do_not_count_as_visited(
    unread: list[str | None], missed: set[str]
) -> None:
    read = asked(Vendor(unread=unread), 100, anew=True)

    assert set(visited(read)) == {parent.key for parent in PARENTS} - missed
