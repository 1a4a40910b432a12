"""Associations, read for a thousand objects at a time; each is a record of its own under the object it starts from."""

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reading, Request
from chalicelib.connectors.hubspot.batches import Batch
from chalicelib.connectors.hubspot.pages import Paging
from chalicelib.connectors.paging import listed

BATCH = 1000


class _From(msgspec.Struct):
    id: str


class _Near(msgspec.Struct, rename={"start": "from"}):
    start: _From
    to: list[Raw]
    paging: Paging | None = None


class _Answer(Batch, kw_only=True):
    results: list[_Near]


@dataclass(frozen=True)
class Associations:
    """Reads how objects of one type are associated with those of another; 500 of an object's come at a time."""

    kind: str
    other: str

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page: of all the parents first, then of those that have more."""
        inputs = position["more"] if position else [{"id": parent.key} for parent in reading.parents]
        answer, _ = listed(fetch, reading, self._ask(inputs), _Answer)
        answer.whole()
        more = [
            {"id": near.start.id, "after": near.paging.next.after}
            for near in answer.results
            if near.paging and near.paging.next
        ]
        owners = [near.start.id for near in answer.results for _ in near.to]
        return Page(
            [row for near in answer.results for row in near.to], {"more": more} if more else None, parents=owners
        )

    def _ask(self, inputs: list[dict[str, Any]]) -> Request:
        return Request(f"/crm/v4/associations/{self.kind}/{self.other}/batch/read", "POST", body={"inputs": inputs})
