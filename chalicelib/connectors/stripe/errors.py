"""What Stripe's error answers mean. Their messages may quote keys and ids, so only codes are repeated."""

import re
from collections.abc import Mapping

import msgspec

from chalicelib.connectors.refusals import NotOfferedError, StaleCursorError
from chalicelib.errors import BackupError, ForbiddenStreamError, ReauthorizeError, RetryableError

_PERMISSION = re.compile(r"'(rak_[a-z0-9_]+)'")
_ACCOUNT = re.compile(r"on account '(acct_[A-Za-z0-9]+)'")
_NO_PERMISSION = re.compile(r"not available for use by restricted keys", re.IGNORECASE)
_NOT_SET_UP = re.compile(
    r"not (?:been )?(?:set ?up|enabled|activated|signed up)|only stripe connect platforms", re.IGNORECASE
)


class UnpermittedError(ForbiddenStreamError):
    """A restricted key lacks a permission; `account` is whose key it is, where Stripe says so."""

    def __init__(self, message: str, account: str | None) -> None:
        super().__init__(message)
        self.account = account


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
    if problem.code == "oauth_scope_insufficient":
        return ForbiddenStreamError("the authorization's scope does not reach this; authorize with a wider one")
    return _unpermitted(problem.message)


def _unpermitted(message: str) -> BackupError | None:
    """Say what a restricted key lacks; of its account only the id is told, which is no secret."""
    permission, account = _PERMISSION.search(message), _ACCOUNT.search(message)
    whose = account[1] if account else None
    if permission:
        return UnpermittedError(f"the key lacks Stripe's permission {permission[1]}; grant it and back up again", whose)
    if _NO_PERMISSION.search(message):
        return UnpermittedError("no restricted key may read this; only a secret key or an authorization can", whose)
    return None
