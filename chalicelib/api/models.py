"""What requests and answers are made of: camelCase outside, nothing unknown inside."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

MAX_LIMIT = 200
# API Gateway takes 10 KB of address and headers; a key of the longest paths that vendors allow fits into this.
MAX_CURSOR_LENGTH = 6144

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s.]+(\.[^@\s.]+)+$",
    ),
]
Tenant = Annotated[
    dict[str, Annotated[str, StringConstraints(max_length=253)]],
    Field(
        max_length=8,
        description='what the platform `asks`, such as {"subdomain": "acme"}',
        examples=[{}],
    ),
]
Secret = Annotated[str, Field(min_length=1, max_length=8192, json_schema_extra={"writeOnly": True})]


class Body(BaseModel):
    """A request's JSON body: strict types, no unknown fields."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """A request's query string: texts become what their field says; no unknown or repeated parameters."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Listing(Query):
    """What every list takes."""

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(
        default=None, max_length=MAX_CURSOR_LENGTH, description="`nextCursor` of the page before"
    )


class View(BaseModel):
    """An answer's JSON."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, frozen=True)


class Nothing(View):
    """An answer that is its status alone, written as an empty object."""


class ErrorDetail(View):
    """What is wrong with one field."""

    path: str
    message: str


class ErrorBody(View):
    code: str
    message: str
    details: list[ErrorDetail]
    correlation_id: str


class ErrorView(View):
    """The one shape of errors."""

    error: ErrorBody


JsonObject = dict[str, Any]
