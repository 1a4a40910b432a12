"""What HubSpot's error answers mean, and what its headers say is left of the limits."""

from collections.abc import Mapping

import msgspec

from chalicelib.connectors.connector import Limit, Quota
from chalicelib.errors import BackupError, ForbiddenStreamError, RetryableError

DAILY_PAUSE_SECONDS = 3600.0


class _Detail(msgspec.Struct):
    context: dict[str, list[str]] = {}


class _Refusal(msgspec.Struct, rename={"policy": "policyName"}):
    category: str = ""
    policy: str = ""
    errors: list[_Detail] = []


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> BackupError | None:
    """Name what the status alone does not tell: missing scopes, and a day's quota that is used up."""
    if status not in {403, 429}:
        return None
    try:
        problem = msgspec.json.decode(body, type=_Refusal)
    except msgspec.DecodeError:
        return None
    if status == 429 and problem.policy == "DAILY" and "Retry-After" not in headers:
        return RetryableError("HubSpot's daily limit is used up", after_seconds=DAILY_PAUSE_SECONDS)
    if problem.category == "MISSING_SCOPES":
        return ForbiddenStreamError(f"the connection lacks HubSpot's scope {_scopes(problem)}; authorize it with that")
    return None


def _scopes(problem: _Refusal) -> str:
    named = [scope for detail in problem.errors for scope in detail.context.get("requiredGranularScopes", [])]
    return " or ".join(named) or "for this"


def quota(headers: Mapping[str, str], _body: bytes) -> Quota | None:
    """Read what is left of the rolling interval; search answers do not say."""
    remaining, most, interval = (
        headers.get(f"X-HubSpot-RateLimit-{name}") for name in ("Remaining", "Max", "Interval-Milliseconds")
    )
    if remaining is None or not remaining.isdigit():
        return None
    known = most is not None and interval is not None and most.isdigit() and interval.isdigit()
    return Quota(float(remaining), limit=Limit(float(str(most)), float(str(interval)) / 1000) if known else None)
