"""Error answers as the API documents them."""

from typing import Any

from sandbox.messages import RefusedError, Response
from sandbox.spelling import encode, pretty

DOCUMENTED = "https://stripe.com/docs/error-codes/"


def error(status: int, kind: str, message: str, **details: str) -> Response:
    body: dict[str, Any] = {"message": message, "type": kind, **details}
    if "code" in details:
        body["doc_url"] = DOCUMENTED + details["code"].replace("_", "-")
    retry = "true" if status in (409, 429) or status >= 500 else "false"
    return Response(status, pretty(encode({"error": body})), headers={"Stripe-Should-Retry": retry})


def invalid(message: str, **details: str) -> RefusedError:
    return RefusedError(error(400, "invalid_request_error", message, **details))


def missing(noun: str, key: str, param: str = "id") -> RefusedError:
    message = f"No such {noun}: '{key}'"
    return RefusedError(error(404, "invalid_request_error", message, code="resource_missing", param=param))


def unknown_url(method: str, path: str) -> Response:
    message = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help."
    return error(404, "invalid_request_error", message)


def rate_limited(retry_after: str | None) -> Response:
    response = error(429, "invalid_request_error", "Request rate limit exceeded.", code="rate_limit")
    response.headers["Stripe-Rate-Limited-Reason"] = "global-rate"
    if retry_after is not None:
        response.headers["Retry-After"] = retry_after
    return response


def failed(status: int) -> Response:
    message = "An unknown error occurred with your request. This request has been logged."
    return error(status, "api_error", message)


def unauthorized(reason: str, token: str = "") -> Response:
    if not token and reason == "invalid":
        message = "You did not provide an API key. You need to provide your API key in the Authorization header."
        return error(401, "invalid_request_error", message)
    shown = f"{token[:8]}{'*' * 12}{token[-4:]}"
    if reason == "invalid":
        return error(401, "invalid_request_error", f"Invalid API Key provided: {shown}")
    code = "api_key_expired" if reason == "expired" else "account_invalid"
    message = f"The provided key '{shown}' does not have access to the account or application access was revoked."
    return error(401 if reason == "expired" else 403, "invalid_request_error", message, code=code)


def forbidden(account: str) -> Response:
    message = f"The provided key does not have access to account '{account}' (or that account does not exist)."
    return error(403, "invalid_request_error", message, code="account_invalid")


def read_only() -> Response:
    message = "This API call cannot be made with a read-only access token."
    return error(403, "invalid_request_error", message, code="oauth_scope_insufficient")
