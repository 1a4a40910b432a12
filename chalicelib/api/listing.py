"""Lists: a page of items, and a cursor to the next."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from chalicelib.api import cursors
from chalicelib.api.caller import Caller, Person
from chalicelib.api.models import Listing, View
from chalicelib.services.outside import outside

V = TypeVar("V", bound=View)
T = TypeVar("T")


class Page(View, Generic[V]):
    """One page of a list; `nextCursor` is null on the last."""

    items: Sequence[V]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where one caller's list goes on: `after` is the position its cursor names, None at the start."""

    after: str | None
    scope: str
    key: bytes = field(repr=False)

    def cursor(self, position: str) -> str:
        """Write a position as this list's next cursor."""
        return cursors.seal(position, key=self.key, scope=self.scope)


def place(caller: Person, operation: str, query: Listing, within: Mapping[str, str] | None = None) -> Place:
    """Open a list's cursor; it serves only this caller's list with the same filters and path parameters (`within`)."""
    filters = query.model_dump(exclude={"cursor", "limit"})
    owner = caller.account_id if isinstance(caller, Caller) else caller.user_id
    bound, key = cursors.scope(owner, operation, {**filters, **(within or {})}), outside().signing_key.value()
    after = cursors.unseal(query.cursor, key=key, scope=bound) if query.cursor else None
    return Place(after, bound, key)


def page(
    caller: Person,
    operation: str,
    query: Listing,
    read: Callable[[str | None], Iterable[T]],
    *,
    show: Callable[[T], V],
    position: Callable[[T], str],
    within: Mapping[str, str] | None = None,
) -> Page[V]:
    """Read one page: `read` gives items after a position (None: from the start), `position` says where an item is."""
    here = place(caller, operation, query, within)
    found = list(islice(read(here.after), query.limit + 1))
    items = found[: query.limit]
    more = here.cursor(position(items[-1])) if len(found) > query.limit else None
    return Page(items=[show(item) for item in items], next_cursor=more)
