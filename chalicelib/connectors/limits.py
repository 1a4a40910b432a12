"""What a vendor lets through: its rate limits, and what an answer says is left of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Limit:
    """A vendor's rate limit: `requests` in any `seconds`, counted per `scope`.

    One per client, which is our app's registration at the vendor, is shared by all the platform's jobs that run. An
    `adaptive` one is only where to begin: the vendor publishes none, so the pace rises until it complains. `also`
    names the wider limits that a request against this one counts against, too; theirs are not looked at.
    """

    requests: float
    seconds: float
    scope: Literal["connection", "client"] = "connection"
    adaptive: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quota:
    """What an answer says is left of the limit its request counted against.

    `resets_in` seconds it is whole again. `limit` is the vendor's own statement of the limit, where the answer has
    one; it replaces the connector's. `of` names the one of several limits that the answer speaks of.
    """

    remaining: float
    resets_in: float | None = None
    limit: Limit | None = None
    of: str | None = None


def no_quota(_headers: Mapping[str, str], _body: bytes) -> Quota | None:
    """Find nothing: the vendor's answers do not say what is left."""
    return None


def counted(limits: Mapping[str, Limit], name: str) -> list[str]:
    """Name the limits that a request against one counts against, that one first."""
    return [name, *limits[name].also]


def fastest(limits: Mapping[str, Limit], name: str) -> float:
    """Tell how many requests a second all the limits together let through that a request counts against."""
    each = [limits[one] for one in counted(limits, name)]
    return min(limit.requests / limit.seconds for limit in each)
