"""Answers to batches: good ones (200, 207), though something of what was asked for may be lacking.

What is not there any more is named as not found. Any other error says nothing of the kind, and where nothing at all is
said, only asking for the one that is lacking tells.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Request
from chalicelib.connectors.paging import answered, record_id
from chalicelib.connectors.refusals import MissingError
from chalicelib.errors import RetryableError

NOT_THERE = ("NOT_FOUND", "NO_ASSOCIATIONS_FOUND")
T = TypeVar("T")


class ItemError(msgspec.Struct, rename={"sub_category": "subCategory"}):
    """Why some of what was asked for is not in an answer."""

    category: str = ""
    sub_category: Any = None
    context: dict[str, Any] | None = None

    @property
    def not_there(self) -> bool:
        """Tell whether HubSpot says that there is no such thing, or nothing associated with it."""
        return any(str(told).endswith(NOT_THERE) for told in (self.category, self.sub_category))


class Batch(msgspec.Struct):
    """What every answer to a batch says besides its results."""

    status: str = "COMPLETE"
    errors: list[ItemError] | None = None

    def whole(self) -> None:
        """Raise RetryableError where something is lacking that HubSpot does not say is not there."""
        failed = [each for each in self.errors or () if not each.not_there]
        if failed:
            named = ", ".join(sorted({each.category or "no reason" for each in failed}))
            raise RetryableError(f"HubSpot could not read {len(failed)} of a batch ({named})")
        if self.status != "COMPLETE":
            raise RetryableError(f"HubSpot's answer to a batch is not complete ({self.status})")

    def not_found(self) -> set[str]:
        """Give the ids that HubSpot says are not there."""
        return {str(each) for error in self.errors or () for each in (error.context or {}).get("ids", ())}


class BatchOfRows(Batch, kw_only=True, rename={"rows": "results"}):
    """A batch of records."""

    rows: list[Raw]


def lacking(asked: Iterable[str], rows: Sequence[Raw], id_of: Callable[[Raw], str] = record_id) -> list[str]:
    """Name the ids that were asked for and did not come."""
    return sorted(set(asked) - {id_of(row) for row in rows})


def singly(fetch: Fetch, ids: Iterable[str], ask: Callable[[str], Request], shape: type[T]) -> list[T]:
    """Ask for each by itself; those that are not there are left out."""
    found: list[T] = []
    for each in ids:
        with suppress(MissingError):
            found.append(answered(fetch, ask(each), shape)[0])
    return found
