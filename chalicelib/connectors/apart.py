"""Two lists of one collection, between which its records move: those in use, and those set aside (archived).

Each is read at another time than the other. What is restored after those in use were listed, and before those set
aside are, is in neither; read the other way round, what is set aside meanwhile. So those set aside are listed before
and after: whatever moves once while it is read, in either direction, is listed, at the price of a list that is mostly
short and often empty. What is listed twice as the same line is left out the second time, lest it look like a listing
that goes wrong; by its key the later of two different lines is the one that counts.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading

MOST_GIVEN = 10_000
"""So many lines at most are known again, lest a position outgrow what a checkpoint can hold."""


@dataclass(frozen=True)
class Apart:
    """Reads what is set aside, what is in use, and what is set aside once more.

    A position names by `member` which of the two is being read, "at" which place. Jobs that were begun when each was
    read once, in use first (or these alone, by their own places), go on here; and what reads in that way can go on
    from any position of ours. So while what is set aside is read for the first time, "first" says where, beside a
    place at the beginning of those in use.
    """

    member: str
    in_use: tuple[str | int, Reader]
    set_aside: tuple[str | int, Reader]

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        here = position or self._begun([], {"first": None})
        if self.member not in here:
            here = {self.member: self.in_use[0], "at": here}
        if "first" in here:
            page = self.set_aside[1](fetch, reading, here["first"])
            given = [*here["given"], *map(_mark, page.records)][:MOST_GIVEN]
            return replace(page, next=self._begun(given, {} if page.next is None else {"first": page.next}))
        if here[self.member] == self.in_use[0]:
            page = self.in_use[1](fetch, reading, here["at"])
            turned = {**here, self.member: self.set_aside[0], "at": None}
            return replace(page, next=turned if page.next is None else {**here, "at": page.next})
        page = self.set_aside[1](fetch, reading, here["at"])
        further = None if page.next is None else {**here, "at": page.next}
        return replace(page, records=_new(page.records, here.get("given", ())), next=further)

    def _begun(self, given: Sequence[str], first: Position) -> Position:
        return {self.member: self.in_use[0], "at": None, "given": list(given), **first}


def _new(records: Sequence[Raw], given: Sequence[str]) -> Sequence[Raw]:
    known = set(given)
    return [record for record in records if _mark(record) not in known]


def _mark(record: Raw) -> str:
    return b64encode(sha256(bytes(record)).digest()[:9]).decode()
