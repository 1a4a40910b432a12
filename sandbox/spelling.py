"""Encodes records, and decodes them without losing how a number or a string was written."""

import re
from typing import Any

import msgspec

Json = Any  # whatever JSON can say, and msgspec.Raw for what has to keep its spelling
PLAIN = re.compile(rb'-?(0|[1-9]\d{0,17})|true|false|null|"[^"\\\x80-\xff]*"')

encode = msgspec.json.Encoder().encode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


def keep_spelling(text: bytes) -> Json:
    """Decode JSON, leaving as raw text whatever would not be encoded to the same bytes again.

    That covers 10.00, 1e400, long integers and escaped strings; text that is no JSON at all (NaN, say) stays raw too.
    """
    try:
        if text[:1] == b"{":
            return {name: keep_spelling(bytes(raw)) for name, raw in _object(text).items()}
        if text[:1] == b"[":
            return [keep_spelling(bytes(raw)) for raw in _array(text)]
    except msgspec.DecodeError:
        return msgspec.Raw(text)
    return msgspec.json.decode(text) if PLAIN.fullmatch(text) else msgspec.Raw(text)


def pretty(text: bytes) -> bytes:
    """Indent by two spaces; text that no parser takes is left as it is."""
    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.DecodeError:
        return text


def plain(value: Json) -> Json:
    """Return the value that a raw text spells; other values as they are."""
    if not isinstance(value, msgspec.Raw):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return bytes(value).decode("utf-8", "replace")
