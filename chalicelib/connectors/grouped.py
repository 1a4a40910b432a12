"""Reads the same kind of list for one group after the other, each record under its group: `group/key`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading, Skipped
from chalicelib.errors import ForbiddenStreamError


@dataclass(frozen=True)
class Grouped:
    """`groups` names the groups, `read` makes each one's reader. One that may not be read is named and passed over."""

    groups: Callable[[Fetch], Sequence[str]]
    read: Callable[[str], Reader]

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page of one group."""
        left = position["groups"] if position else list(self.groups(fetch))
        if not left:
            return Page((), None)
        try:
            page = self.read(left[0])(fetch, reading, position["at"] if position else None)
        except ForbiddenStreamError as no:
            refused = Skipped(left[0], f"{left[0]} may not be read: {no}", there=True, under=True)
            return Page((), self._onward(left[1:], None), skipped=[refused])
        following = self._onward(left, page.next) if page.next is not None else self._onward(left[1:], None)
        skipped = [replace(one, key=f"{left[0]}/{one.key}" if one.key else left[0]) for one in page.skipped]
        return Page(page.records, following, parents=[left[0]] * len(page.records), skipped=skipped)

    def _onward(self, groups: Sequence[str], at: Position | None) -> Position | None:
        return {"groups": list(groups), "at": at} if groups else None
