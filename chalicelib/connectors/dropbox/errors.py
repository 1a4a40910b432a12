"""What Dropbox's error answers mean: most are a 409 whose body is a union of tags; a 400 is plain text."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from chalicelib.connectors.refusals import MissingError
from chalicelib.errors import (
    BackupError,
    FatalError,
    ForbiddenStreamError,
    ReauthorizeError,
    RetryableError,
    SkippableError,
)

_TAGS = re.compile(r"[a-z_]+(?:/[a-z_]+)*")
SKIPPED = {"restricted_content", "unsupported_file", "unsupported_content_type", "non_exportable", "locked", "not_file"}
RESET = {"reset", "invalid_cursor"}
PASSING = {"too_many_requests", "too_many_write_operations", "internal_error", "retry_error", "in_progress"}
FORBIDDEN = {"access_denied", "email_not_verified", "email_unverified", "disabled_for_team"}
ONE_REFUSES = {"access_error", "no_permission", "not_a_member", "invalid_member", "unmounted"}
"""What Dropbox says of one file or shared folder whose members it does not tell; of the others it may."""


class ResetError(FatalError):
    """A listing or the change feed cannot be followed any further; everything must be listed again."""


class _Refusal(msgspec.Struct, rename={"summary": "error_summary"}):
    summary: str = ""
    error: Any = None


def refusal(status: int, _headers: Mapping[str, str], body: bytes) -> BackupError | None:
    """Name what the status alone does not tell."""
    if status not in {401, 403, 409, 422, 429}:
        return None
    problem = _problem(body)
    found = _TAGS.match(problem.summary)
    tags = set(found[0].split("/")) if found else set()
    if status == 409:
        return _conflict(tags, found[0] if found else "without saying why")
    if status == 429:
        return RetryableError("Dropbox answered 429", after_seconds=_after(problem.error))
    if status == 422:
        return ReauthorizeError("the connection's team space has changed; its owner must authorize it again")
    if "missing_scope" in tags:
        return ForbiddenStreamError(f"the connection lacks Dropbox's scope {_scope(problem.error)}; authorize it again")
    return ReauthorizeError("the Dropbox user is suspended") if "user_suspended" in tags else None


def _conflict(tags: set[str], summary: str) -> BackupError:
    if tags & RESET:
        return ResetError("Dropbox no longer knows the cursor; everything must be listed again")
    if "not_found" in tags or "invalid_id" in tags:
        return MissingError(f"Dropbox does not have it any more ({summary})")
    if tags & SKIPPED:
        return SkippableError(f"Dropbox does not hand it out ({summary})")
    if tags & PASSING:
        return RetryableError(f"Dropbox cannot do it now ({summary})")
    if tags & FORBIDDEN:
        return ForbiddenStreamError(f"Dropbox does not let the connection read this ({summary})")
    if tags & ONE_REFUSES:
        return SkippableError(f"Dropbox does not let the connection see into it ({summary})", there=True)
    return FatalError(f"Dropbox refused ({summary})")


def _problem(body: bytes) -> _Refusal:
    try:
        return msgspec.json.decode(body, type=_Refusal)
    except msgspec.DecodeError:
        return _Refusal()


def _after(error: Any) -> float | None:  # noqa: ANN401
    seconds = error.get("retry_after") if isinstance(error, dict) else None
    return float(seconds) if isinstance(seconds, int | float) else None


def _scope(error: Any) -> str:  # noqa: ANN401
    return str(error.get("required_scope", "for this")) if isinstance(error, dict) else "for this"
