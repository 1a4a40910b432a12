"""One call to a vendor, and its answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """One call to a vendor.

    `path` is joined to `host` (None: the connector's own), or is a whole URL at one of the connector's hosts, such
    as a link to the next page. `params` of which a value is a list are repeated; `size_param` names the one that
    says how many records the page is to have, or is a dotted path to it in the body. `body` is sent as JSON (`b""`
    and other bytes as they are), `form` as a form. `limit` names the rate limit it counts against, and `cost` how
    much it takes of it. An empty answer is a good one only where `bare`; with `lines` it is a piece of JSON Lines,
    not JSON. Without `authorized` no credentials go with it, and it may go to `content_hosts`.
    """

    path: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    form: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    host: str | None = None
    limit: str = "default"
    cost: float = 1.0
    size_param: str | None = None
    authorized: bool = True
    bare: bool = False
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A vendor's answer, whole and decoded: status 2xx, JSON in valid UTF-8, `at` by the vendor's own clock.

    One of JSON Lines may begin and end anywhere.
    """

    body: bytes = field(repr=False)
    at: datetime
    headers: Mapping[str, str] = field(repr=False)


class Fetch(Protocol):
    """Ask the vendor: paced, authorised, checked. Raises a BackupError for anything but a whole good answer."""

    def __call__(self, request: Request) -> Answer: ...


class Download(Protocol):
    """Stream a file's bytes from the vendor, after the vendor's headers."""

    def __call__(self, request: Request) -> tuple[Mapping[str, str], Iterator[bytes]]: ...
