"""Serves parts of binary contents to clients that resume a download."""

import re

from sandbox.messages import Request, Response

RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def sliced(request: Request, response: Response) -> Response:
    """Answer a Range request for binary contents; others pass as they are."""
    match = RANGE.fullmatch(request.headers.get("range", ""))
    binary = not response.content_type.startswith(("application/json", "text/"))
    if match is None or not binary or response.status != 200 or not isinstance(response.body, bytes):
        return response
    size = len(response.body)
    start, stop = _bounds(match[1], match[2], size)
    if start >= stop:
        return Response(416, b"", "text/plain", {"Content-Range": f"bytes */{size}"})
    response.status, response.body = 206, response.body[start:stop]
    response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return (max(0, size - int(last)), size) if last else (size, size)
    return int(first), min(int(last) + 1, size) if last else size
