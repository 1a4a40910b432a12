"""What an HTTP status means for a backup, where the platform's own connector has not said."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from chalicelib.errors import (
    BackupError,
    FatalError,
    ForbiddenStreamError,
    ReauthorizeError,
    RetryableError,
    SkippableError,
)

TRANSIENT = {408, 409, 421, 423, 425, 429, 477}


class MissingError(SkippableError):
    """What was asked for is not there, or no longer."""


class StaleCursorError(FatalError):
    """The vendor no longer knows the place where the page should begin; another place may do."""


class NotOfferedError(FatalError):
    """The vendor has no such collection for this account."""


class PayloadTooLargeError(FatalError):
    """An answer is larger than may be held in memory; `begun` is how it begins. A smaller page may do."""

    def __init__(self, message: str, *, begun: bytes = b"") -> None:
        super().__init__(message)
        self.begun = begun


def refused(status: int, headers: Mapping[str, str], now: datetime) -> BackupError | None:
    """Name the error behind a status; None for a good one."""
    if status < 300:
        return None
    if status in TRANSIENT or status >= 500:
        return RetryableError(f"the vendor answered {status}", after_seconds=retry_after(headers, now))
    if status == 401:
        return ReauthorizeError("the vendor answered 401; the connection's owner must authorize it again")
    if status == 403:
        return ForbiddenStreamError("the vendor answered 403: the connection may not read this")
    if status in {404, 410}:
        return MissingError(f"the vendor answered {status}: not there")
    if status < 400:
        return FatalError(f"the vendor answered {status}, a redirect; not followed, since credentials would go with it")
    return FatalError(f"the vendor answered {status}, which this connector does not expect")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read Retry-After: seconds, whole or not, or a date. None where it is absent or makes no sense."""
    text = headers.get("Retry-After")
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        moment = http_date(text)
    return max(0.0, (moment - now).total_seconds()) if moment else None


def http_date(text: str | None) -> datetime | None:
    """Read a date as HTTP headers write it; None for anything else."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
