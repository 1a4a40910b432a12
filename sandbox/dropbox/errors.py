"""Error answers as the API documents them."""

from typing import Any

from sandbox.messages import RefusedError, Response, to_json
from sandbox.spelling import Json


def union(*tags: str, **fields: Json) -> dict[str, Any]:
    """Nest tags: union("path", "not_found") is {".tag": "path", "path": {".tag": "not_found"}}."""
    inner: dict[str, Any] = {".tag": tags[-1], **fields}
    for tag in reversed(tags[:-1]):
        inner = {".tag": tag, tag: inner}
    return inner


def error(status: int, *tags: str, **fields: Json) -> Response:
    return to_json({"error_summary": "/".join(tags) + "/..", "error": union(*tags, **fields)}, status)


def conflict(*tags: str, **fields: Json) -> RefusedError:
    """Refuse with the 409 that stands for an endpoint's own errors."""
    return RefusedError(error(409, *tags, **fields))


def malformed(route: str, message: str) -> RefusedError:
    text = f'Error in call to API function "{route}": {message}'
    return RefusedError(Response(400, text.encode(), "text/plain; charset=utf-8"))


def unauthorized(reason: str) -> Response:
    return error(401, "expired_access_token" if reason == "expired" else "invalid_access_token")


def missing_scope(scope: str) -> RefusedError:
    return RefusedError(error(401, "missing_scope", required_scope=scope))


def rate_limited(retry_after: str | None) -> Response:
    seconds = int(retry_after) if retry_after and retry_after.isdigit() else 1
    body = {
        "error_summary": "too_many_requests/..",
        "error": {"reason": {".tag": "too_many_requests"}, "retry_after": seconds},
    }
    response = to_json(body, 429)
    if retry_after is not None:
        response.headers["Retry-After"] = retry_after
    return response


def failed(status: int) -> Response:
    return Response(status, b"An unexpected error has occurred.", "text/plain; charset=utf-8")
