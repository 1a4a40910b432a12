"""Dropbox's tree: one recursive listing, whose cursor is also the feed of what changes after it.

Records are keyed by `path_lower`, which is what the feed speaks of: a deleted entry has a path and no id, and stands
for all that is below it. A move is a deletion and an addition, in which the file's id and content hash stay the same,
so nothing is copied again. The entries of a page are to be applied in order: a file replaces what was at its path
together with all below, a folder leaves what is below alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reading
from chalicelib.connectors.dropbox.calls import going_on
from chalicelib.connectors.dropbox.errors import ResetError
from chalicelib.connectors.paging import again, answered, decoded, onward, restarts

LIMIT = 2000
ALL = "/"
"""What every path begins with: a deletion of it takes back what was listed before."""
EVERYTHING = {
    "path": "",
    "recursive": True,
    "include_deleted": False,
    "include_has_explicit_shared_members": True,
    "include_mounted_folders": True,
    "include_non_downloadable_files": True,
    "limit": LIMIT,
}


class _Listing(msgspec.Struct):
    entries: list[Raw]
    cursor: str
    has_more: bool


class _Entry(msgspec.Struct, rename={"tag": ".tag", "path": "path_lower"}):
    tag: str
    path: str


@dataclass(slots=True)
class _Effect:
    """What the entries of a page come to: what is there now, and what was deleted before that."""

    there: dict[str, Raw] = field(default_factory=dict)
    deleted: dict[str, None] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)

    def apply(self, entry: _Entry, record: Raw) -> None:
        """Take in the next entry."""
        if entry.tag != "folder":
            self._clear(entry.path + "/")
        if entry.tag == "deleted":
            self.there.pop(entry.path, None)
            self.deleted[entry.path] = None
        else:
            self.there[entry.path] = record
            self._folders.update(_above(entry.path))

    def _clear(self, below: str) -> None:
        self.deleted[below] = None
        if below in self._folders:
            for path in [path for path in self.there if path.startswith(below)]:
                del self.there[path]


def tree(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
    """List everything, page after page, anew where the cursor is no longer good.

    What is not in it is gone, so replaced folders need not be looked for.
    """
    del reading
    try:
        listing, effect = _applied(fetch, position)
    except ResetError:
        return Page((), again(position), deleted=[ALL])
    gone = [path for path in effect.deleted if not path.endswith("/")]
    return _page(listing, effect, position, [each for path in gone for each in (path, path + "/")])


def changes(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
    """Follow the feed; where it cannot be followed any further, list everything again and say so."""
    here = position or {"cursor": reading.since}
    if "relisting" in here:
        return _relisted(tree(fetch, reading, here["relisting"]))
    try:
        listing, effect = _applied(fetch, here)
    except ResetError:
        return Page((), {"relisting": None}, deleted=[ALL], reset=True)
    return _page(listing, effect, here, list(effect.deleted))


def _relisted(page: Page) -> Page:
    return replace(page, next=None if page.next is None else {"relisting": page.next}, reset=True)


def _applied(fetch: Fetch, position: Position | None) -> tuple[_Listing, _Effect]:
    listing, _ = answered(fetch, going_on(position, "files/list_folder", EVERYTHING), _Listing)
    effect = _Effect()
    for record in listing.entries:
        effect.apply(decoded(bytes(record), _Entry), record)
    return listing, effect


def _page(listing: _Listing, effect: _Effect, position: Position | None, deleted: list[str]) -> Page:
    records = list(effect.there.values())
    if not listing.has_more:
        return Page(records, None, deleted=deleted, since=listing.cursor)
    return Page(records, onward(position, {"cursor": listing.cursor, **restarts(position)}), deleted=deleted)


def _above(path: str) -> Iterator[str]:
    """List the folders that a path is in, each with its final slash."""
    at = path.rfind("/")
    while at > 0:
        yield path[: at + 1]
        at = path.rfind("/", 0, at)
