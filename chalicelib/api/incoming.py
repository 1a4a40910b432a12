"""A request as it came in: headers, path, query and body, each checked as far as can be without knowing the route."""

import binascii
import re
from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from urllib.parse import unquote

from chalice.app import Request
from pydantic import ValidationError
from ulid import ULID

from chalicelib.api.models import Body, Query
from chalicelib.errors import BadRequestError, InvalidFieldsError, NotFoundError, TooLargeError, UnsupportedMediaError

MAX_BODY_BYTES = 256 * 1024
MAX_DETAILS = 20
MAX_ID_LENGTH = 64
_CORRELATION_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Incoming:
    """One request."""

    def __init__(self, request: Request) -> None:
        self._request = request

    @property
    def method(self) -> str:
        return self._request.method

    @property
    def route(self) -> str:
        return self._request.path

    @cached_property
    def correlation_id(self) -> str:
        """Take the caller's correlation id where it is one, or make one."""
        given = self.first_header("x-correlation-id") or ""
        return given if _CORRELATION_ID.fullmatch(given) else str(ULID())

    def header(self, name: str) -> str | None:
        """Read a header; raises BadRequestError where it was sent twice with different values."""
        values = self._header_values(name)
        if len(set(values)) > 1:
            raise BadRequestError(f"the header {name} may be sent only once")
        return values[0] if values else None

    def first_header(self, name: str) -> str | None:
        """Read a header that decides nothing, however often it was sent."""
        return next(iter(self._header_values(name)), None)

    def path_parameters(self) -> dict[str, str]:
        """Give the path's parameters as they were meant; Chalice leaves them percent-encoded (aws/chalice#511)."""
        try:
            given = {name: unquote(value, errors="strict") for name, value in (self._request.uri_params or {}).items()}
        except UnicodeDecodeError as broken:
            raise BadRequestError("the path is not UTF-8") from broken
        if any(len(value) > MAX_ID_LENGTH for name, value in given.items() if name.endswith("_id")):
            raise NotFoundError("there is no such object")
        return given

    def query(self, model: type[Query] | None) -> Query | None:
        """Read the query string into a model; without one, no parameter is allowed."""
        given = self._request.to_original_event().get("multiValueQueryStringParameters") or {}
        repeated = [name for name, values in given.items() if len(values) > 1]
        if repeated:
            raise InvalidFieldsError("parameters are repeated", details=_each(repeated, "is given more than once"))
        if model is None and given:
            raise InvalidFieldsError("the query is not as expected", details=_each(given, "is not known here"))
        return _checked(model, {name: values[0] for name, values in given.items()}) if model else None

    def body(self, model: type[Body]) -> Body:
        """Read the JSON body into a model, straight from its bytes."""
        self._must_be_json()
        return _parsed(model, self.raw_body())

    def raw_body(self) -> bytes:
        """Give the body's bytes; raises TooLargeError beyond the limit."""
        try:
            raw = self._request.raw_body
        except (binascii.Error, UnicodeError) as broken:
            raise BadRequestError("the body cannot be read") from broken
        content = raw.encode() if isinstance(raw, str) else raw
        if len(content) > MAX_BODY_BYTES:
            raise TooLargeError(f"the body is larger than {MAX_BODY_BYTES} bytes")
        return content

    def _must_be_json(self) -> None:
        kind = (self.header("content-type") or "").partition(";")[0].strip().lower()
        if kind != "application/json" or self.header("content-encoding") not in (None, "identity"):
            raise UnsupportedMediaError("send JSON, as application/json and not compressed")

    def _header_values(self, name: str) -> list[str]:
        everything = self._request.to_original_event().get("multiValueHeaders") or {}
        several = [value for key, values in everything.items() if key.lower() == name for value in values]
        single = self._request.headers.get(name)
        return several or ([single] if single is not None else [])


def _parsed(model: type[Body], content: bytes) -> Body:
    try:
        return model.model_validate_json(content or b"{}")
    except ValidationError as invalid:
        raise _refused(invalid) from None


def _checked(model: type[Query], given: dict[str, str]) -> Query:
    try:
        return model.model_validate(given)
    except ValidationError as invalid:
        raise _refused(invalid) from None


def _refused(invalid: ValidationError) -> BadRequestError | InvalidFieldsError:
    problems = invalid.errors(include_url=False, include_input=False, include_context=False)
    if any(problem["type"] == "json_invalid" for problem in problems):
        return BadRequestError("the body is not valid JSON")
    details = [
        {"path": ".".join(str(part) for part in problem["loc"])[:200] or "(body)", "message": problem["msg"]}
        for problem in problems[:MAX_DETAILS]
    ]
    return InvalidFieldsError("fields are missing, unknown or of the wrong type", details=details)


def _each(names: Iterable[str], message: str) -> list[dict[str, str]]:
    return [{"path": name[:200], "message": message} for name in islice(names, MAX_DETAILS)]
