"""What changed, by Stripe's events of the last 30 days.

An event carries its object as the account's own API version writes it, in which fields may be missing. So the events
only say which objects to look at again: each is read by its id, as the listing would show it, and one that is not
there any more was deleted, whatever the order of its events. Objects are also listed by creation where that can be,
since some come into being without an event. What lives by a test clock has events, too, but is in no list: it is left
out, since the next full listing would show it as gone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading, Request, Skipped
from chalicelib.connectors.oversize import unread
from chalicelib.connectors.paging import LastId, decoded
from chalicelib.connectors.refusals import MissingError, PayloadTooLargeError
from chalicelib.connectors.stripe.lists import LATE_SECONDS, PAGE, StripeList, expanding, marked

RETAINED = timedelta(days=30)
TYPES_PER_CALL = 20


class _Change(msgspec.Struct):
    object: dict[str, Any]
    previous_attributes: dict[str, Any] | None = None


class _Event(msgspec.Struct):
    created: int
    type: str
    data: _Change
    livemode: bool = True


class _Object(msgspec.Struct):
    deleted: bool = False
    test_clock: Any = None


@dataclass(frozen=True, slots=True)
class Affected:
    """An object to look at again; `parent` is whose child it is, `live` that it is none of test mode."""

    id: str
    parent: str = ""
    live: bool = True

    @property
    def key(self) -> str:
        """Give the record's key."""
        return f"{self.parent}/{self.id}" if self.parent else self.id


@dataclass(frozen=True)
class Changes:
    """Reads objects that were created (`created`) or that events of `types` name, again from `item`.

    `types` maps an event type to where its object holds the id. `parent` is where it holds the parent's, for children.
    `expand` names members that are sent only on request.
    """

    types: Mapping[str, str]
    item: str
    created: Reader | None = None
    parent: str = ""
    expand: tuple[str, ...] = ()

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page: first of new objects, then of events."""
        here = position or {"created": None}
        if "created" not in here:
            return marked(self._events)(fetch, reading, here)
        if self.created is None:
            return marked(self._events)(fetch, reading, {"types": 0, "at": None})
        return self._new(fetch, reading, here["created"])

    def _new(self, fetch: Fetch, reading: Reading, at: Position | None) -> Page:
        assert self.created is not None  # noqa: S101  for the type checker
        page = self.created(fetch, reading, at)
        following = {"created": page.next} if page.next else {"types": 0, "at": None}
        return Page(page.records, following, skipped=page.skipped)

    def _events(self, fetch: Fetch, reading: Reading, here: Position | None) -> Page:
        assert here is not None  # noqa: S101  for the type checker
        batches = [list(self.types)[at : at + TYPES_PER_CALL] for at in range(0, len(self.types), TYPES_PER_CALL)]
        batch = here["types"]
        page = LastId(lambda reading: _asked(reading, batches[batch]), StripeList)(fetch, reading, here["at"])
        following: Position | None = {"types": batch, "at": page.next}
        if page.next is None:
            following = {"types": batch + 1, "at": None} if batch + 1 < len(batches) else None
        looked_up = self._looked_up(fetch, self._affected(page.records, reading))
        return replace(looked_up, next=following, skipped=[*page.skipped, *looked_up.skipped])

    def _looked_up(self, fetch: Fetch, affected: Iterable[Affected]) -> Page:
        there: list[tuple[Affected, Raw]] = []
        deleted: list[str] = []
        skipped: list[Skipped] = []
        for each in affected:
            try:
                if (record := self._now(fetch, each)) is not None:
                    there.append((each, record))
            except MissingError:
                deleted.append(each.key)
            except PayloadTooLargeError:
                skipped.append(unread(each.key))
        parents = [each.parent for each, _ in there] if self.parent else ()
        return Page([record for _, record in there], None, deleted=deleted, skipped=skipped, parents=parents)

    def _affected(self, events: Sequence[Raw], reading: Reading) -> Iterable[Affected]:
        """Name each object once, however many events there are of it; not those that were just listed as new."""
        read = (decoded(bytes(raw), _Event) for raw in events)
        named = (each for event in read if not self._just_listed(event, reading) for each in self._named(event))
        return dict.fromkeys(named)

    def _just_listed(self, event: _Event, reading: Reading) -> bool:
        """Tell whether the listing of new objects, made since, has shown what the event did."""
        if self.created is None or reading.until is None or self.types[event.type] != "id":
            return False
        born = event.data.object.get("created")
        new = isinstance(born, int) and born >= int(reading.since) - LATE_SECONDS
        return new and event.created < int(reading.until.timestamp()) and not event.type.endswith(".deleted")

    def _named(self, event: _Event) -> Iterator[Affected]:
        identifier = event.data.object.get(self.types[event.type])
        if not isinstance(identifier, str):
            return
        if not self.parent:
            yield Affected(identifier)
            return
        for holder in (event.data.object, event.data.previous_attributes or {}):
            if isinstance(holder.get(self.parent), str):
                yield Affected(identifier, holder[self.parent], event.livemode)

    def _now(self, fetch: Fetch, each: Affected) -> Raw | None:
        """Read an object as it is now, None where it is a test clock's; raises MissingError where it is gone."""
        path = self.item.format(id=quote(each.id, safe=""), parent=each.parent)
        body = fetch(Request(path, params=expanding(self.expand))).body
        found = decoded(body, _Object)
        if found.deleted:
            raise MissingError(f"{each.key} was deleted")
        return None if found.test_clock or self._is_of_test_clock(fetch, each) else Raw(body)

    def _is_of_test_clock(self, fetch: Fetch, each: Affected) -> bool:
        """Tell whether the parent lives by a test clock; its children do not say so themselves."""
        if not self.parent or each.live:
            return False
        parent = Request(self.item.partition("{parent}")[0] + each.parent)
        return decoded(fetch(parent).body, _Object).test_clock is not None


def retained(changes: Reader) -> Reader:
    """Read all the changes that Stripe still knows of."""

    def read(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        assert reading.until is not None  # noqa: S101  for the type checker
        since = int((reading.until - RETAINED).timestamp())
        return changes(fetch, replace(reading, since=since), position)

    return read


def _asked(reading: Reading, types: list[str]) -> Request:
    since = int(reading.since) - LATE_SECONDS
    params = {"types[]": types, "created[gte]": since, "limit": PAGE}
    return Request("/v1/events", params=params, size_param="limit")
