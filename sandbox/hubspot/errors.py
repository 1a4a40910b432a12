"""Error answers as the API documents them."""

import secrets
from uuid import uuid4

from sandbox.messages import RefusedError, Response, to_json
from sandbox.spelling import Json

POLICIES = {"TEN_SECONDLY_ROLLING": "ten_secondly_rolling", "SECONDLY": "secondly", "DAILY": "daily"}


def error(status: int, category: str, message: str, **more: Json) -> Response:
    body = {"status": "error", "message": message, "correlationId": str(uuid4()), "category": category, **more}
    return to_json(body, status)


def invalid(message: str, **more: Json) -> RefusedError:
    return RefusedError(error(400, "VALIDATION_ERROR", message, **more))


def missing(message: str = "resource not found") -> RefusedError:
    return RefusedError(error(404, "OBJECT_NOT_FOUND", message))


def conflict(message: str) -> RefusedError:
    return RefusedError(error(409, "CONFLICT", message))


def missing_scopes(scopes: list[str]) -> RefusedError:
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": scopes},
    }
    message = (
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here."
    )
    return RefusedError(error(403, "MISSING_SCOPES", message, errors=[detail]))


def unauthorized(reason: str) -> Response:
    if reason == "expired":
        message = "The OAuth token used to make this call expired."
        return error(401, "EXPIRED_AUTHENTICATION", message, context={"expire time": ["2026-01-01T00:00:00Z"]})
    return error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found or no longer valid.")


def rate_limited(policy: str, retry_after: str | None = None) -> Response:
    body = {
        "status": "error",
        "message": f"You have reached your {POLICIES[policy]} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": str(uuid4()),
        "policyName": policy,
        "requestId": secrets.token_hex(16),
    }
    response = to_json(body, 429)
    if retry_after is not None:
        response.headers["Retry-After"] = retry_after
    return response


def failed(status: int) -> Response:
    return error(status, "INTERNAL_ERROR", "internal error")
