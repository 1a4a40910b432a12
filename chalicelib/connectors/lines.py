"""Looks into a record's stored line without decoding the rest of it."""

from functools import reduce
from typing import Any

import msgspec
from msgspec import Raw

_MEMBERS = msgspec.json.Decoder(dict[str, Raw])


def member(line: bytes | Raw, name: str) -> bytes | None:
    """Give the bytes of one of a record's members, None where it has none of that name."""
    found = _MEMBERS.decode(line).get(name)
    return None if found is None else bytes(found)


def value(line: bytes | Raw, path: str) -> Any:  # noqa: ANN401  JSON
    """Give the value at a dotted path into a record, None where there is none."""
    return reduce(_step, path.split("."), msgspec.json.decode(line))


def _step(within: Any, name: str) -> Any:  # noqa: ANN401  JSON
    return within.get(name) if isinstance(within, dict) else None
