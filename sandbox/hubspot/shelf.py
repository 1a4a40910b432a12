"""What there is to say about a plain collection: its ids, its members for times and parents, its recycle bin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.clock import rfc3339_millis
from sandbox.collection import Record

if TYPE_CHECKING:
    from sandbox.hubspot.account import HubSpotAccount

Fill = Callable[[int, "HubSpotAccount", int], dict[str, Any]]


@dataclass(frozen=True)
class Bin:
    """Keeps archived records: the member that tells, what it says of live ones, and what from a time on."""

    member: str
    live: object
    since: Callable[[int], object]
    kept: bool = True  # False: a trash, emptied by and by


@dataclass(frozen=True)
class Shelf:
    name: str
    first_id: int  # 0: ids are UUIDs
    size: int
    fill: Fill
    id: str = "id"
    created: str = "createdAt"
    updated: str = "updatedAt"  # empty: changes leave no trace of their time
    touches: str = "name"  # what changes where nothing is said
    parent: str = ""  # the shelf under whose records alone this one is listed
    parent_field: str = ""
    listed: Callable[[Record], Record] = lambda record: record  # what a list tells of a record
    whole: Callable[[Record], Record] = lambda record: record  # what can be read of it altogether
    bin: Bin | None = None  # none: what is deleted is gone
    revised: Callable[[Record], Record] = lambda _: {}  # what a change alters besides what it is about
    added: Callable[["HubSpotAccount", Record], None] = lambda _account, _record: None  # what a new record brings about

    def archived(self, record: Record) -> bool:
        return self.bin is not None and record[self.bin.member] != self.bin.live


def stamps(account: "HubSpotAccount", shelf: str, ordinal: int, *names: str) -> dict[str, str]:
    """Return when a record was created and, to begin with, changed."""
    rows = account.shelves[shelf]
    moment = rfc3339_millis(rows.born(ordinal) if ordinal < rows.end else account.clock.millis())
    return dict.fromkeys(names or ("createdAt", "updatedAt"), moment)
