"""What a vendor lets through: its rate limits, and what an answer says is left of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Limit:
    """A vendor's rate limit: `requests` in any `seconds`, counted per `scope`.

    An `adaptive` one is only where to begin: the vendor publishes none, so the pace rises until it complains.
    """

    requests: float
    seconds: float
    scope: Literal["connection", "client"] = "connection"
    adaptive: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """What an answer says is left of the limit its request counted against.

    `resets_in` seconds it is whole again. `limit` is the vendor's own statement of the limit, where the answer has
    one; it replaces the connector's.
    """

    remaining: float
    resets_in: float | None = None
    limit: Limit | None = None


def no_quota(_headers: Mapping[str, str], _body: bytes) -> Quota | None:
    """Find nothing: the vendor's answers do not say what is left."""
    return None
