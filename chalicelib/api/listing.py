"""Lists: a page of items, and a cursor to the next."""

from collections.abc import Callable, Iterable, Sequence
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


def page(
    caller: Person,
    operation: str,
    query: Listing,
    read: Callable[[str | None], Iterable[T]],
    *,
    show: Callable[[T], V],
    position: Callable[[T], str],
    within: dict[str, object] | None = None,
) -> Page[V]:
    """Read one page: `read` gives items after a position (None: from the start), `position` says where an item is.

    `within` are the path parameters the list depends on.
    """
    key, bound = outside().signing_key.value(), _bound(caller, operation, query, within or {})
    after = cursors.unseal(query.cursor, key=key, scope=bound) if query.cursor else None
    found = list(islice(read(after), query.limit + 1))
    items = found[: query.limit]
    more = cursors.seal(position(items[-1]), key=key, scope=bound) if len(found) > query.limit else None
    return Page(items=[show(item) for item in items], next_cursor=more)


def _bound(caller: Person, operation: str, query: Listing, within: dict[str, object]) -> str:
    filters = query.model_dump(exclude={"cursor", "limit"})
    owner = caller.account_id if isinstance(caller, Caller) else caller.user_id
    return cursors.scope(owner, operation, {**filters, **within})
