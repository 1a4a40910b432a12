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
from chalicelib.connectors.refusals import MissingError, NotOfferedError, StaleCursorError
from chalicelib.errors import FatalError, RetryableError

TRIES = 3
PLACES = 3
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
    """Ask for a page of a listing. A parent's missing list is a missing parent; any other missing list is an error."""
    try:
        return answered(fetch, request, shape)
    except MissingError as missing:
        if reading.parents:
            raise
        raise NotOfferedError(f"{request.path} is not there: {missing}") from missing


def onward(position: Position | None, following: Position) -> Position:
    """Give the next position; raises FatalError where the vendor points to where we are."""
    if following == position:
        raise FatalError("cursor_loop: the vendor gave the same cursor twice; the listing cannot be finished")
    return following


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

    That record may go before the next page is asked for, so a few before it are kept as other places to begin.
    """

    ask: Ask
    shape: type[More]
    param: str = "starting_after"
    id_of: Callable[[Raw], str] = record_id

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        answer = self._page(fetch, reading, list(position["after"]) if position else [])
        if not answer.more:
            return Page(answer.rows, None)
        return Page(answer.rows, onward(position, {"after": self._places(answer.rows)}))

    def _page(self, fetch: Fetch, reading: Reading, places: list[str]) -> More:
        """Ask for the page after the first place that the vendor still knows, else for the first page again."""
        request = self.ask(reading)
        for place in places:
            try:
                return listed(fetch, reading, with_params(request, {self.param: place}), self.shape)[0]
            except StaleCursorError:
                continue
        return listed(fetch, reading, request, self.shape)[0]

    def _places(self, rows: Sequence[Raw]) -> list[str]:
        if not rows:
            raise RetryableError("the vendor says that there is more, but gave an empty page")
        return [self.id_of(row) for row in list(rows)[: -PLACES - 1 : -1]]


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
