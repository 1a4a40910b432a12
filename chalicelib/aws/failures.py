"""Which failures are AWS's, and which of them pass by themselves."""

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "LimitExceededException",
        "OperationAborted",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


def is_of_aws(error: Exception) -> bool:
    """Tell whether an error's text is AWS's own."""
    return isinstance(error, BotoCoreError | ClientError | PynamoDBException)


def name_of(error: Exception) -> str:
    """Give AWS's name for what it met, which tells nothing of whose it was."""
    if isinstance(error, PynamoDBException):
        return error.cause_response_code or type(error).__name__
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or type(error).__name__)
    return type(error).__name__


def is_transient(error: Exception) -> bool:
    """Tell whether the same call may well succeed later: AWS was busy, broken or out of reach."""
    if isinstance(error, PynamoDBException):
        return error.cause_response_code in _CODES or (error.cause is not None and is_transient(error.cause))
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response.get("Error", {}).get("Code") in _CODES or status >= 500
    return isinstance(error, BotoCoreError) and isinstance(
        error, exceptions.ConnectionError | exceptions.HTTPClientError
    )
