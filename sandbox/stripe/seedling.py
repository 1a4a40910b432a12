"""What the author of a seeded record may draw on: its own chance, and the ids of its relatives."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from sandbox.chance import Chance, mix, seed_of
from sandbox.oddities import metadata
from sandbox.sharing import parent_of

CURRENCIES = ("usd", "eur", "gbp", "jpy")


class Directory(Protocol):
    """Knows the ids of every collection of an account."""

    id: str
    seed: int

    def key(self, collection: str, ordinal: int) -> str: ...
    def base(self, collection: str) -> int: ...
    def rendered(self, collection: str, ordinal: int) -> dict[str, Any]: ...


@dataclass
class Seedling:
    directory: Directory
    collection: str
    n: int  # the record's ordinal
    id: str
    created: int

    @cached_property
    def chance(self) -> Chance:
        return Chance(seed_of(self.directory.seed, self.collection), self.n)

    def owner(self, collection: str) -> int:
        """Return which parent this record was dealt to; -1 if there is none."""
        parents, children = self.directory.base(collection), self.directory.base(self.collection)
        if not parents or not children:
            return -1
        return parent_of(self.n, parents, children) if self.n < children else mix(self.n) % parents

    def of(self, collection: str) -> str | None:
        """Return the id of the parent."""
        owner = self.owner(collection)
        return self.directory.key(collection, owner) if owner >= 0 else None

    def one_of(self, collection: str) -> str | None:
        """Return the id of any record of a collection."""
        count = self.directory.base(collection)
        return self.directory.key(collection, self.chance.below(count)) if count else None

    def sample(self, collection: str) -> Mapping[str, Any] | None:
        """Return any record of a collection."""
        count = self.directory.base(collection)
        return self.directory.rendered(collection, self.chance.below(count)) if count else None

    def part_id(self, prefix: str, number: int) -> str:
        """Name a part of this record, such as a line of an invoice."""
        return f"{prefix}_{self.id.partition('_')[2]}{number:03d}"

    def currency(self) -> str:
        return self.chance.pick(CURRENCIES)

    def metadata(self) -> dict[str, object]:
        return metadata(self.chance)
