"""Answers: one shape for errors, the same headers on everything, and who may read them from another origin."""

from collections.abc import Callable

from chalice.app import Request, Response
from pydantic import BaseModel

from chalicelib.api.incoming import Incoming
from chalicelib.api.models import ErrorBody, ErrorDetail, ErrorView
from chalicelib.config import settings
from chalicelib.errors import (
    AppError,
    CallerError,
    DamagedObjectError,
    FaultError,
    ForbiddenStreamError,
    MissingObjectError,
    ReauthorizeError,
    RetryableError,
    TooManyRequestsError,
)
from chalicelib.telemetry import logger

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
ALLOWED_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, X-Account-Context, X-Correlation-Id, X-Requested-With"
)
EXPOSED_HEADERS = "Idempotency-Replayed, Location, Retry-After, X-Correlation-Id"
MAX_AGE_SECONDS = 86_400
INTERNAL = "something went wrong on our side; try again"


def answer(
    incoming: Incoming, status: int, view: BaseModel | str | None, headers: dict[str, str] | None = None
) -> Response:
    """Build an answer from a view, or from JSON already written."""
    body = view.model_dump_json(by_alias=True) if isinstance(view, BaseModel) else view or ""
    return Response(body, {**_common(incoming), "Content-Type": "application/json", **(headers or {})}, status)


def redirect(incoming: Incoming, location: str, headers: dict[str, str] | None = None) -> Response:
    """Send the browser elsewhere; the caller has made sure that the place is ours."""
    return Response("", {**_common(incoming), "Location": location, **(headers or {})}, 303)


def refusal(incoming: Incoming, error: AppError) -> Response:
    """Build the answer to an error of ours."""
    status, code, headers = _facts(error)
    details = [ErrorDetail(**detail) for detail in error.details] if isinstance(error, CallerError) else []
    return answer(incoming, status, _error(incoming, code, _message(error), details), headers)


def code_of(error: AppError) -> str:
    """Name an error as its answer does."""
    return _facts(error)[1]


def preflight(incoming: Incoming) -> Response:
    """Answer a browser that asks what it may send."""
    allowed = {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
    }
    return Response("", {**_common(incoming), **allowed}, 204)


def in_one_shape(request: Request, respond: Callable[[Request], Response]) -> Response:
    """Give the framework's own errors (wrong method, unexpected failure) the shape and headers of all others."""
    response = respond(request)
    body = response.body
    if not (isinstance(body, dict) and body.keys() == {"Code", "Message"}):
        return response
    incoming = Incoming(request)
    code, message = _FRAMEWORK.get(response.status_code, ("internal", INTERNAL))
    return answer(incoming, response.status_code, _error(incoming, code, message, []), _kept(response))


_FRAMEWORK = {
    400: ("bad_request", "the request is malformed"),
    405: ("method_not_allowed", "the path does not take this method"),
    415: ("unsupported_media_type", "send JSON, as application/json"),
}


def _kept(response: Response) -> dict[str, str]:
    return {name: str(value) for name, value in response.headers.items() if name == "Allow"}


def _error(incoming: Incoming, code: str, message: str, details: list[ErrorDetail]) -> ErrorView:
    return ErrorView(
        error=ErrorBody(code=code, message=message, details=details, correlation_id=incoming.correlation_id)
    )


def _facts(error: AppError) -> tuple[int, str, dict[str, str]]:
    match error:
        case TooManyRequestsError():
            return error.status, error.code, {"Retry-After": str(error.retry_after_seconds)}
        case CallerError():
            return error.status, error.code, {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
        case RetryableError():
            return 503, "try_again", {"Retry-After": str(int(error.after_seconds or 5))}
        case ReauthorizeError():
            return 409, "reauthorize", {}
        case ForbiddenStreamError():
            return 409, "refused_by_platform", {}
        case DamagedObjectError() | MissingObjectError():
            return 500, "archive_damaged", {}
        case FaultError():
            return 500, "internal", {}
        case _:
            return 502, "upstream_failed", {}


def _message(error: AppError) -> str:
    """Say what the caller may know; what we alone can mend goes into the log."""
    if isinstance(error, (CallerError, RetryableError, ReauthorizeError, ForbiddenStreamError)):
        return str(error)
    if isinstance(error, FaultError):
        return INTERNAL
    logger.error("an answer needs us", error=str(error), kind=type(error).__name__)
    if isinstance(error, (DamagedObjectError, MissingObjectError)):
        return "a stored object is not what was stored; our operators have been told"
    return "something this depends on could not be used; our operators have been told"


def _common(incoming: Incoming) -> dict[str, str]:
    headers = {**SECURITY_HEADERS, "X-Correlation-Id": incoming.correlation_id, "Vary": "Origin"}
    origin = incoming.first_header("origin")
    if origin and origin in origins():
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": EXPOSED_HEADERS,
        }
    return headers


def origins() -> frozenset[str]:
    """List the origins of this stage's apps."""
    return frozenset(origin.strip() for origin in settings().app_origins.split(",") if origin.strip())
