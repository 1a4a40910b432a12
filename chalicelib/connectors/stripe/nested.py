"""Lists inside Stripe's objects: cut out of the parent's own line where it shows them whole, else paged.

An object shows the first ten rows of such a list and whether there are more.
"""

from dataclasses import dataclass

from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Parent, Position, Reading, Skipped
from chalicelib.connectors.lines import member
from chalicelib.connectors.paging import decoded
from chalicelib.connectors.refusals import MissingError
from chalicelib.connectors.stripe.lists import StripeList, per_parent


@dataclass(frozen=True)
class Nested:
    """Reads the list `name` of each parent; what the parents' lines do not show whole is paged at `path`."""

    name: str
    path: str
    param: str = ""

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Give the rows in the parents' lines first, then page the lists that are longer, one parent after another."""
        longer = [parent for parent in reading.parents if self._shown(parent) is None]
        if position is None:
            return self._cut(reading, bool(longer))
        return self._paged(fetch, reading, longer, position)

    def _cut(self, reading: Reading, longer: bool) -> Page:
        rows: list[Raw] = []
        owners: list[str] = []
        for parent in reading.parents:
            shown = self._shown(parent) or []
            rows += shown
            owners += [parent.key] * len(shown)
        return Page(rows, {"parent": 0} if longer else None, parents=owners)

    def _paged(self, fetch: Fetch, reading: Reading, longer: list[Parent], position: Position) -> Page:
        """Read a page of one parent's list; a parent that is gone meanwhile keeps none from the others behind it."""
        number = position["parent"]
        parent = longer[number]
        following: Position | None = {"parent": number + 1} if number + 1 < len(longer) else None
        try:
            read = per_parent(self.path, self.param)
            page = read(fetch, Reading(until=reading.until, parents=[parent]), position.get("at"))
        except MissingError as gone:
            reason = f"the rest of its {self.name} could not be read: {gone}"
            return Page((), following, skipped=[Skipped(parent.key, reason, under=True)])
        if page.next is not None:
            following = {"parent": number, "at": page.next}
        return Page(page.records, following, parents=[parent.key] * len(page.records), skipped=page.skipped)

    def _shown(self, parent: Parent) -> list[Raw] | None:
        """Give the rows that a parent's line shows; None where there are more than it shows."""
        nested = member(parent.line, self.name)
        if nested is None or nested == b"null":
            return None
        shown = decoded(nested, StripeList)
        return None if shown.more else shown.rows
