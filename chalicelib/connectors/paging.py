"""The ways in which vendors page, as readers.

A pager is immutable; it is told how to ask (`ask`: the first request of a reading) and what the answer must look like
(`shape`: a msgspec Struct with `rows` and what the pager needs besides). A field that is missing, null or of the
wrong type is an answer that is not whole, never an empty page; the vendor's own word that there is no more is the
only end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Raw

from chalicelib.connectors import exact
from chalicelib.connectors.connector import Answer, Fetch, Page, Position, Reading, Request
from chalicelib.connectors.oversize import first_id, fitting, unread
from chalicelib.connectors.refusals import MissingError, NotOfferedError, PayloadTooLargeError, StaleCursorError
from chalicelib.errors import FatalError, RetryableError

TRIES = 3
PLACES = 3
RESTARTS = 3
T = TypeVar("T")
_DECODERS: dict[type, msgspec.json.Decoder[Any]] = {}
Ask = Callable[[Reading], Request]


class Rows(Protocol):
    """An answer with records."""

    rows: list[Raw]


def answered(fetch: Fetch, request: Request, shape: type[T]) -> tuple[T, Answer]:
    """Ask for an answer of a shape; raises RetryableError once it has come misshapen three times."""
    for attempt in range(1, TRIES + 1):
        answer = fetch(request)
        try:
            return decoded(answer.body, shape), answer
        except RetryableError:
            if attempt == TRIES:
                raise
    raise AssertionError


def decoded(body: bytes, shape: type[T]) -> T:
    """Decode an answer; raises RetryableError naming what is missing of the shape, or where the JSON breaks off."""
    try:
        return _decoder(shape).decode(body)
    except msgspec.ValidationError as misshapen:
        raise RetryableError(f"the answer is not what the vendor documents: {misshapen}") from None
    except msgspec.DecodeError:
        return _exactly(body, shape)


def _exactly(body: bytes, shape: type[T]) -> T:
    try:
        return exact.decode(body, shape)
    except (ValueError, IndexError) as broken:
        raise RetryableError(f"the answer is not whole JSON ({type(broken).__name__}); it was cut off") from None


def _decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    if shape not in _DECODERS:
        _DECODERS[shape] = msgspec.json.Decoder(shape)
    return _DECODERS[shape]


def listed(fetch: Fetch, reading: Reading, request: Request, shape: type[T]) -> tuple[T, Answer]:
    """Ask for a page of a listing, smaller where it is too large.

    A parent's missing list is a missing parent; any other missing list is an error.
    """
    try:
        return fitting(lambda fewer: answered(fetch, fewer, shape), request)
    except MissingError as missing:
        if reading.parents:
            raise
        raise NotOfferedError(f"{request.path} is not there: {missing}") from missing


def onward(position: Position | None, following: Position) -> Position:
    """Give the next position; raises FatalError where the vendor points to where we are."""
    if following == position:
        raise FatalError("cursor_loop: the vendor gave the same cursor twice; the listing cannot be finished")
    return following


def again(position: Position | None) -> Position:
    """Give the position to list anew from, a few times at most; raises FatalError then."""
    times = (position or {}).get("again", 0) + 1
    if times > RESTARTS:
        raise FatalError(f"the vendor forgot the place in the listing {times} times; back the source up again")
    return {"again": times}


def restarts(position: Position | None) -> Position:
    """Tell how often a listing was begun anew, for the positions that follow: no two of them are then the same."""
    return {"again": position["again"]} if position and "again" in position else {}


def with_params(request: Request, params: Mapping[str, Any]) -> Request:
    """Add to a request's parameters."""
    return replace(request, params={**request.params, **params})


class _Identified(msgspec.Struct):
    id: str | int


_IDENTIFIED = msgspec.json.Decoder(_Identified)


def record_id(record: Raw | bytes) -> str:
    """Read a record's `id`; raises RetryableError where it has none."""
    try:
        return str(_IDENTIFIED.decode(record).id)
    except msgspec.DecodeError as misshapen:
        raise RetryableError(f"a record that the next page depends on has no id: {misshapen}") from None


class More(Rows, Protocol):
    """An answer that says whether there is more."""

    more: bool


@dataclass(frozen=True)
class LastId:
    """The next page begins after the id of the last record; the answer says whether there is one.

    That record may go before the next page is asked for, so a few before it are kept as other places to begin; where
    all have gone, the listing begins anew.
    """

    ask: Ask
    shape: type[More]
    param: str = "starting_after"

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        try:
            answer = self._page(fetch, reading, (position or {}).get("after", ()))
        except StaleCursorError:
            return Page((), again(position))
        except PayloadTooLargeError as large:
            return self._past(large, reading, position)
        if not answer.more:
            return Page(answer.rows, None)
        return Page(answer.rows, self._onward(position, self._places(answer.rows)))

    def _page(self, fetch: Fetch, reading: Reading, places: Sequence[str]) -> More:
        """Ask for the page after the first place that the vendor still knows; raises StaleCursorError for none."""
        request = self.ask(reading)
        if not places:
            return listed(fetch, reading, request, self.shape)[0]
        for place in places:
            try:
                return listed(fetch, reading, with_params(request, {self.param: place}), self.shape)[0]
            except StaleCursorError as stale:
                forgotten = stale
        raise forgotten

    def _places(self, rows: Sequence[Raw]) -> list[str]:
        if not rows:
            raise RetryableError("the vendor says that there is more, but gave an empty page")
        return [record_id(row) for row in list(rows)[: -PLACES - 1 : -1]]

    def _past(self, large: PayloadTooLargeError, reading: Reading, position: Position | None) -> Page:
        """Step over a record that is too large by itself: the next page begins after it."""
        own = first_id(large)
        parent = f"{reading.parents[0].key}/" if reading.parents else ""
        return Page((), self._onward(position, [own]), skipped=[unread(parent + own)])

    def _onward(self, position: Position | None, places: Sequence[str]) -> Position:
        return onward(position, {"after": list(places), **restarts(position)})


class Cursored(Rows, Protocol):
    """An answer with the cursor of the next page, None on the last one."""

    @property
    def cursor(self) -> str | None: ...


@dataclass(frozen=True)
class BodyCursor:
    """The answer names the cursor of the next page; it is sent back as a parameter (or, `in_body`, in the body)."""

    ask: Ask
    shape: type[Cursored]
    param: str = "after"
    in_body: bool = False

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        request = self.ask(reading)
        if position:
            request = self._resumed(request, position["after"])
        answer, _ = listed(fetch, reading, request, self.shape)
        following = answer.cursor
        return Page(answer.rows, None if following is None else onward(position, {"after": following}))

    def _resumed(self, request: Request, cursor: str) -> Request:
        if self.in_body:
            return replace(request, body={**request.body, self.param: cursor})
        return with_params(request, {self.param: cursor})


class Linked(Rows, Protocol):
    """An answer with the address of the next page, None on the last one."""

    @property
    def link(self) -> str | None: ...


@dataclass(frozen=True)
class BodyLink:
    """The answer gives the whole address of the next page."""

    ask: Ask
    shape: type[Linked]

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        request = self.ask(reading)
        if position:
            request = replace(request, path=position["link"], params={})
        answer, _ = listed(fetch, reading, request, self.shape)
        following = answer.link
        return Page(answer.rows, None if following is None else onward(position, {"link": following}))


@dataclass(frozen=True)
class LinkHeader:
    """The answer's Link header gives the address of the next page; on the last page it names none."""

    ask: Ask
    shape: type[Rows]

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        from requests.utils import parse_header_links  # slow to import, and few platforms page so

        request = self.ask(reading)
        if position:
            request = replace(request, path=position["link"], params={})
        answer, head = listed(fetch, reading, request, self.shape)
        links = parse_header_links(head.headers.get("Link", ""))
        following = next((link["url"] for link in links if link.get("rel") == "next"), None)
        return Page(answer.rows, None if following is None else onward(position, {"link": following}))
