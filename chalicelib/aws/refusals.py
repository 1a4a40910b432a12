"""What Cognito refuses, in our terms."""

from collections.abc import Callable, Iterator, Mapping
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
WRONG_ONE_TIME_CODE = "the code is wrong; send the app's next one, and see that its device has the right time"


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
    code, message = refused.response["Error"]["Code"], refused.response["Error"].get("Message", "")
    match code:
        case _ if code in _ALWAYS:
            return _ALWAYS[code]()
        case "InvalidPasswordException":
            return _unfit(message or "the password is too weak")
        case "NotAuthorizedException" if "exceeded" in message:
            return _slow_down(900)
        case "InvalidParameterException" if unknown is None:
            return InvalidFieldsError("the address or the password cannot be used; choose another")
        case _ if code in _TELLING and unknown is not None:
            return unknown
        case _:
            return refused


def _unfit(reason: str) -> InvalidFieldsError:
    return InvalidFieldsError("the password is refused", details=[{"path": "password", "message": reason}])


def _slow_down(seconds: int) -> TooManyRequestsError:
    return TooManyRequestsError("too many attempts; wait before the next one", retry_after_seconds=seconds)


_ALWAYS: Mapping[str, Callable[[], CallerError]] = {
    "UsernameExistsException": lambda: ConflictError("the address is known"),
    "UserNotConfirmedException": lambda: ForbiddenError(
        "the e-mail address is not confirmed; send the code to /auth/confirm first"
    ),
    "PasswordHistoryPolicyViolationException": lambda: _unfit("it was yours before; choose another"),
    "CodeMismatchException": lambda: BadRequestError(WRONG_CODE),
    "ExpiredCodeException": lambda: BadRequestError(WRONG_CODE),
    "EnableSoftwareTokenMFAException": lambda: BadRequestError(WRONG_ONE_TIME_CODE),
    "ConcurrentModificationException": lambda: ConflictError(
        "the same was changed at the same moment; repeat the request"
    ),
    "TooManyRequestsException": lambda: _slow_down(300),
    "LimitExceededException": lambda: _slow_down(300),
    "TooManyFailedAttemptsException": lambda: _slow_down(300),
}
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
