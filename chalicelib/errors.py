"""The errors, by what can be done about them.

AppError
  - CallerError            the caller can fix it; has `status`; becomes the one error shape of the API
    BadRequestError 400 · UnauthenticatedError 401 · ForbiddenError 403 · NotFoundError 404 · ConflictError 409
    TooLargeError 413 · UnsupportedMediaError 415 · InvalidFieldsError 422 · TooManyRequestsError 429
  - BackupError            the machine decides; the class name is the contract with the state machine
    RetryableError         try again later, with backoff (429, 5xx, time-outs, a page that is not whole)
    ReauthorizeError       stop; the connection needs its owner
    FatalError             this stream failed; others go on; the snapshot is partial
      ForbiddenStreamError the vendor refuses this stream (scope, plan)
      MissingObjectError   an object of the archive is not there
      DamagedObjectError   an object of the archive is not what was stored
    SkippableError         count it in the manifest, go on (gone, forbidden for one record or file)
    LostLeaseError         another worker has taken over; stop without a trace
    CancelledError         the job was cancelled; stop at this step
  - FaultError             a fault of ours, by its kind: what its own text says might be a record's contents
"""

from typing import ClassVar


class AppError(Exception):
    """Any failure this project names itself."""


class CallerError(AppError):
    """The request cannot be answered as sent; `details` says which part of it and why."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def __init__(self, message: str, *, details: list[dict[str, str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or []


class BadRequestError(CallerError):
    """The request is malformed."""


class UnauthenticatedError(CallerError):
    """There is no valid token."""

    status = 401
    code = "unauthenticated"


class ForbiddenError(CallerError):
    """The caller may see the object, but not do this to it."""

    status = 403
    code = "forbidden"


class NotFoundError(CallerError):
    """The object is absent, or another tenant's: the caller cannot tell which."""

    status = 404
    code = "not_found"


class ConflictError(CallerError):
    """The object's state, or another object, stands in the way."""

    status = 409
    code = "conflict"


class TooLargeError(CallerError):
    """The body is larger than the endpoint takes."""

    status = 413
    code = "too_large"


class UnsupportedMediaError(CallerError):
    """The body is not JSON."""

    status = 415
    code = "unsupported_media_type"


class InvalidFieldsError(CallerError):
    """Fields are missing, unknown or of the wrong type; each is in `details` with its path."""

    status = 422
    code = "invalid_fields"


class TooManyRequestsError(CallerError):
    """The caller is over a limit until `retry_after_seconds` have passed."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_seconds: int = 60) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class BackupError(AppError):
    """A backup met something; the subclass says what the machine does about it."""


class RetryableError(BackupError):
    """Worth trying again, not before `after_seconds` where the vendor said so.

    `unasked`: nothing was sent this time, since the vendor has told others to wait.
    """

    def __init__(self, message: str, *, after_seconds: float | None = None, unasked: bool = False) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds
        self.unasked = unasked

    @property
    def unexplained(self) -> bool:
        """Tell whether nothing says that it will pass: no time to wait for, and it was asked."""
        return self.after_seconds is None and not self.unasked


class ReauthorizeError(BackupError):
    """The vendor no longer accepts the connection; only its owner can mend that."""


class FatalError(BackupError):
    """This stream cannot be read to its end; the message says what was met."""


class ForbiddenStreamError(FatalError):
    """The vendor refuses this stream to this connection; the message names the missing scope where known."""


class MissingObjectError(FatalError):
    """An object that the archive names is not in the bucket."""


class DamagedObjectError(FatalError):
    """An object's bytes are not the ones that were stored; the message names the object."""


class SkippableError(BackupError):
    """One record or file cannot be had, for a well-known and permanent reason; or not now, where it is `there`."""

    def __init__(self, message: str, *, there: bool = False) -> None:
        super().__init__(message)
        self.there = there


class LostLeaseError(BackupError):
    """Another worker holds what this one held; nothing may be written any more."""


class CancelledError(BackupError):
    """The job was cancelled while it ran."""


class FaultError(AppError):
    """A fault of ours; the message names its kind, never what it said."""
