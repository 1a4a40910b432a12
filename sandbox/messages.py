"""What comes in and what goes out: one HTTP request, one HTTP response."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from urllib.parse import parse_qsl

import msgspec

from sandbox.spelling import Json


class Delivery(Enum):
    """How the bytes of an answer reach the client."""

    WHOLE = "whole"
    CUT = "cut"  # half of the body, then a connection reset
    SHORT = "short"  # half of the body, then an orderly close
    DRIP = "drip"  # a few bytes a second
    NONE = "none"  # nothing at all, then a close


class BadBodyError(Exception):
    """The body is not what its content type says."""


@dataclass
class Request:
    method: str
    path: str  # as sent, without the vendor's host prefix
    query: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    host: str  # the vendor host that is meant, e.g. api.stripe.com
    origin: str  # what the client reached us by, e.g. http://127.0.0.1:4580
    arrived: float

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    @cached_property
    def args(self) -> dict[str, str]:
        return dict(self.pairs)

    @cached_property
    def form_pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @cached_property
    def form(self) -> dict[str, str]:
        return dict(self.form_pairs)

    @cached_property
    def json(self) -> Json:
        """Decode the body; an empty one is None. Raises BadBodyError."""
        if not self.body.strip():
            return None
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise BadBodyError(str(error)) from error

    @property
    def bearer(self) -> str:
        """Return the token of `Authorization: Bearer`, or an empty string."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass
class Response:
    status: int = 200
    body: bytes | Iterator[bytes] = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.WHOLE
    pause: float = 0.0  # seconds to wait before the answer, or between drips
    encoded: bool = False  # the body already carries its content coding


class RefusedError(Exception):
    """Ends a request with the response it carries."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def to_json(value: Json, status: int = 200, **headers: str) -> Response:
    """Build a JSON response; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status, msgspec.json.encode(value), headers=named)


def to_page(markup: str, status: int = 200) -> Response:
    return Response(status, markup.encode(), "text/html; charset=utf-8")


def redirect(location: str, status: int = 302) -> Response:
    return Response(status, b"", "text/plain", {"Location": location})
