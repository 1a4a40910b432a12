"""Field by field: what differs between two stored lines, with the vendor's own bytes of each value."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Raw

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ARRAY = msgspec.json.Decoder(list[Raw])


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs: its JSON pointer, and the JSON text it was and is (None: there was, or is, none)."""

    path: str
    before: bytes | None
    after: bytes | None


def field_changes(before: bytes, after: bytes, path: str = "") -> Iterator[FieldChange]:
    """Compare two JSON texts; objects by name and arrays by position, anything else by its bytes."""
    if before == after:
        return
    old, new = _members(before), _members(after)
    if old is None or new is None or before[:1] != after[:1]:
        yield FieldChange(path, before, after)
        return
    for name in dict.fromkeys([*old, *new]):
        below = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
        if name in old and name in new:
            yield from field_changes(old[name], new[name], below)
        else:
            yield FieldChange(below, old.get(name), new.get(name))


def _members(text: bytes) -> dict[str, bytes] | None:
    """Cut an object or array into its members; None for anything else, and for what msgspec does not read."""
    try:
        if text[:1] == b"{":
            return {name: bytes(raw) for name, raw in _OBJECT.decode(text).items()}
        if text[:1] == b"[":
            return {str(number): bytes(raw) for number, raw in enumerate(_ARRAY.decode(text))}
    except (msgspec.DecodeError, RecursionError):
        return None
    return None
