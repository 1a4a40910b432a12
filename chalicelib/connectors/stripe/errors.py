"""What Stripe's error answers mean. Their messages may quote keys and ids, so only codes are repeated."""

import re
from collections.abc import Mapping

import msgspec

from chalicelib.connectors.refusals import NotOfferedError, StaleCursorError
from chalicelib.errors import BackupError, ForbiddenStreamError, ReauthorizeError, RetryableError

_PERMISSION = re.compile(r"'(rak_[a-z0-9_]+)'")
_NO_PERMISSION = re.compile(r"not available for use by restricted keys", re.IGNORECASE)
_NOT_SET_UP = re.compile(
    r"not (?:been )?(?:set ?up|enabled|activated|signed up)|only stripe connect platforms", re.IGNORECASE
)


class _Problem(msgspec.Struct):
    type: str = ""
    code: str | None = None
    message: str = ""
    param: str | None = None


class _Refusal(msgspec.Struct):
    error: _Problem


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> BackupError | None:
    """Name what the status alone does not tell."""
    if status < 400:
        return None
    problem = _problem(body)
    if status == 400 and problem.code == "resource_missing" and problem.param in {"starting_after", "ending_before"}:
        return StaleCursorError("the object that the page should begin after is gone")
    if status in {400, 403, 404} and _NOT_SET_UP.search(problem.message):
        return NotOfferedError("the account does not have this product of Stripe")
    if status == 403:
        return _forbidden(problem)
    if status < 500 and status != 401 and headers.get("Stripe-Should-Retry") == "true":
        return RetryableError(f"Stripe answered {status} ({problem.code or problem.type}) and asks to try again")
    return None


def _problem(body: bytes) -> _Problem:
    try:
        return msgspec.json.decode(body, type=_Refusal).error
    except msgspec.DecodeError:
        return _Problem()


def _forbidden(problem: _Problem) -> BackupError | None:
    if problem.code in {"account_invalid", "application_not_authorized", "platform_account_required"}:
        return ReauthorizeError(
            "Stripe no longer lets us into the account; its owner must authorize it again, or give another key"
        )
    permission = _PERMISSION.search(problem.message)
    if permission:
        return ForbiddenStreamError(f"the key lacks Stripe's permission {permission[1]}; grant it and back up again")
    if _NO_PERMISSION.search(problem.message):
        return ForbiddenStreamError("no restricted key may read this; only a secret key or an authorization can")
    if problem.code == "oauth_scope_insufficient":
        return ForbiddenStreamError("the authorization's scope does not reach this; authorize with a wider one")
    return None
