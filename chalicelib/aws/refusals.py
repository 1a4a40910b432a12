"""What Cognito refuses, in our terms."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from chalicelib.errors import (
    BadRequestError,
    CallerError,
    ConflictError,
    ForbiddenError,
    InvalidFieldsError,
    TooManyRequestsError,
)

WRONG_CODE = "the code is wrong or has expired; ask for a new one"
_SLOW_DOWN = "too many attempts; wait before the next one"


@contextmanager
def refusals(unknown: CallerError | None = None, *, alike: bool = False) -> Iterator[None]:
    """Turn Cognito's refusals into ours; `unknown` is what a caller learns who may not know whether a user exists.

    `alike`: what Cognito refuses only for users it knows, such as one code too many, is told as `unknown`, too.
    """
    try:
        yield
    except ClientError as refused:
        silent = alike and refused.response["Error"]["Code"] in _OF_THE_KNOWN
        raise (unknown if silent and unknown else _named(refused, unknown)) from None


def _named(refused: ClientError, unknown: CallerError | None) -> CallerError | ClientError:
    match refused.response["Error"]["Code"]:
        case "UsernameExistsException":
            return ConflictError("the address is known")
        case "UserNotConfirmedException":
            return ForbiddenError("the e-mail address is not confirmed; send the code to /auth/confirm first")
        case "InvalidPasswordException":
            return _unfit(refused.response["Error"].get("Message", "the password is too weak"))
        case "PasswordHistoryPolicyViolationException":
            return _unfit("it was yours before; choose another")
        case "CodeMismatchException" | "ExpiredCodeException":
            return BadRequestError(WRONG_CODE)
        case "TooManyRequestsException" | "LimitExceededException" | "TooManyFailedAttemptsException":
            return TooManyRequestsError(_SLOW_DOWN, retry_after_seconds=300)
        case "NotAuthorizedException" if "exceeded" in refused.response["Error"].get("Message", ""):
            return TooManyRequestsError(_SLOW_DOWN, retry_after_seconds=900)
        case "InvalidParameterException" if unknown is None:
            return InvalidFieldsError("the address or the password cannot be used; choose another")
        case _ if refused.response["Error"]["Code"] in _TELLING and unknown is not None:
            return unknown
        case _:
            return refused


def _unfit(reason: str) -> InvalidFieldsError:
    return InvalidFieldsError("the password is refused", details=[{"path": "password", "message": reason}])


_OF_THE_KNOWN = {
    "LimitExceededException",
    "TooManyFailedAttemptsException",
    "NotAuthorizedException",
    "UserNotConfirmedException",
    "CodeDeliveryFailureException",
}
_TELLING = {
    "NotAuthorizedException",
    "UserNotFoundException",
    "ResourceNotFoundException",
    "InvalidParameterException",
    "PasswordResetRequiredException",
    "UnsupportedTokenTypeException",
    "AliasExistsException",
}
