"""Cuts a page that msgspec refuses (NaN, Infinity, numbers out of range) into its records' own bytes, slowly."""

import json
from collections.abc import Iterator
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Raw

T = TypeVar("T")
_SCAN = json.JSONDecoder().raw_decode
_SPACE = " \t\n\r"


def decode(body: bytes, shape: type[T]) -> T:
    """Decode an envelope as msgspec would, whose `list[Raw]` fields keep the vendor's bytes.

    Raises ValueError (msgspec.ValidationError too is one) where the body is not even what Python takes for JSON.
    """
    text = body.decode()
    told = {name: text[start:end] for name, start, end in members(text)}
    fields = {field.encode_name: field for field in msgspec.structs.fields(cast("type[msgspec.Struct]", shape))}
    known = {fields[name].name: _value(value, fields[name].type) for name, value in told.items() if name in fields}
    missing = [field.encode_name for field in fields.values() if field.required and field.name not in known]
    if missing:
        raise msgspec.ValidationError(f"Object missing required field `{missing[0]}`")
    return shape(**known)


def _value(text: str, kind: Any) -> Any:  # noqa: ANN401  JSON
    if kind == list[Raw]:
        return [Raw(text[start:end].encode()) for start, end in _elements(text)]
    return msgspec.convert(json.loads(text), kind)


def members(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, start and end of each member of the object that `text` is."""
    at = _skip(text, 0, "{")
    while text[at] != "}":
        name, at = _SCAN(text, at)
        start = _skip(text, at, ":")
        _, end = _SCAN(text, start)
        yield name, start, end
        at = _skip(text, end, ",")


def _elements(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each element of the array that `text` is."""
    at = _skip(text, 0, "[")
    while text[at] != "]":
        _, end = _SCAN(text, at)
        yield at, end
        at = _skip(text, end, ",")


def _skip(text: str, at: int, mark: str) -> int:
    """Step over white space, the mark if it is there, and more; raises ValueError at the end of the text."""
    at = _spaces(text, at)
    if text[at] == mark:
        at = _spaces(text, at + 1)
    elif mark in "{[:":
        raise ValueError(f"expected {mark}")
    return at


def _spaces(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    if at == len(text):
        raise ValueError("the text ends early")
    return at
