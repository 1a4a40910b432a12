"""What there is to say about a collection: its path, its object, its filters, and what can be done to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe.seedling import Seedling

CUSTOMER = {"customer": "customers"}
NO_EVENTS = ("", "", "")


def events(name: str) -> tuple[str, str, str]:
    return (f"{name}.created", f"{name}.updated", f"{name}.deleted")


def always(_record: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class Resource:
    name: str
    path: str  # below /v1/
    object: str
    prefix: str
    fill: Callable[[Seedling], dict[str, Any]]
    size: int  # how many there are in a small account
    events: tuple[str, str, str] = NO_EVENTS  # types written on creation, change and deletion
    length: int = 24  # of an id after its prefix
    created_filter: bool = True
    filters: tuple[str, ...] = ()
    unasked: Mapping[str, str] = field(default_factory=dict)  # values of filters that a request leaves out
    needs: str = ""  # a parameter without which the list is refused
    owners: Mapping[str, str] = field(default_factory=dict)  # a field that holds the id of a seeded owner
    renews: str = ""  # the member of the record it needs that names the newest record of this collection
    parent: str = ""  # the collection under whose records alone this one is listed
    parent_field: str = ""
    nested: tuple[str, ...] = ()  # lists of which a record shows the first ten rows
    hidden: tuple[str, ...] = ()  # lists that a record shows only on request
    asked: tuple[str, ...] = ()  # other members, or members of those, that a record shows only on request
    own: tuple[str, ...] = ()  # members of the sandbox's own, which are never sent
    listed: Callable[[Mapping[str, Any]], bool] = always  # whether a record is in the list
    creatable: bool = True
    changeable: bool = True
    deletable: bool = False
    remembered: bool = False  # asked for alone, a deleted record still answers that it is deleted
    own_ids: bool = False  # the creator may choose the id

    @property
    def item_path(self) -> str:
        return self.path + "/{id}"

    @property
    def described(self) -> str:
        """Return the path as the vendor's document spells it."""
        return self.path.replace("{parent}", "{" + self.parent_field + "}")
