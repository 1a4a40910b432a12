"""Heads: the key and the cursor of a record, the only two fields of it that are ever decoded."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

Cursor = int | float | str | None

_LARGEST = 2**63 - 1
_MOST_DIGITS = 4000  # Python converts at most 4300 at once
_SCALAR = int | float | str | bool | None | UnsetType
_KEY = int | str | None | UnsetType


@dataclass(frozen=True, slots=True)
class Heads:
    """How to find key and cursor in the records of one stream; both are dotted paths."""

    key: str
    cursor: str | None
    page: msgspec.json.Decoder[list[Any]]
    key_of: Callable[[Any], Any]
    cursor_of: Callable[[Any], Any] | None

    def of_page(self, page: bytes) -> tuple[list[str], list[Cursor]]:
        """Read the heads of a JSON array of records; raises ValueError where one has none that is plain."""
        try:
            heads = self.page.decode(page)
            keys = list(map(self.key_of, heads))
            cursors = list(map(self.cursor_of, heads)) if self.cursor_of else [None] * len(heads)
        except (msgspec.DecodeError, RecursionError, AttributeError) as error:
            raise ValueError("a record has no plain head") from error
        return _plain_keys(keys), _plain_cursors(cursors)

    def of_record(self, record: bytes) -> tuple[str, Cursor]:
        """Read one record's head, however odd the record; raises ValueError that says why it has none."""
        value = _loads(record)
        if not isinstance(value, dict):
            raise ValueError("it is not a JSON object")  # noqa: TRY004  one error for all reasons
        return _key(_at(value, self.key), self.key), _cursor(_at(value, self.cursor) if self.cursor else None)


@lru_cache(maxsize=256)
def heads(key: str, cursor: str | None) -> Heads:
    """Build the decoder of a stream's heads from the dotted paths of its key and cursor."""
    paths = {key: _KEY} | ({cursor: _SCALAR} if cursor and cursor != key else {})
    names: dict[str, str] = {}
    head = _struct({tuple(path.split(".")): kind for path, kind in paths.items()}, names, "")
    return Heads(
        key=key,
        cursor=cursor,
        page=msgspec.json.Decoder(list[head]),  # type: ignore[valid-type]  # made at run time
        key_of=attrgetter(names[key]),
        cursor_of=attrgetter(names[cursor]) if cursor else None,
    )


def _struct(kinds: dict[tuple[str, ...], Any], names: dict[str, str], prefix: str, above: str = "") -> Any:  # noqa: ANN401
    """Define a Struct with the given paths; `names` receives the attribute path of each dotted path."""
    fields: list[tuple[str, Any, Any]] = []
    rename: dict[str, str] = {}
    for number, first in enumerate(dict.fromkeys(path[0] for path in kinds)):
        below = {path[1:]: kind for path, kind in kinds.items() if path[0] == first and len(path) > 1}
        name, full = f"f{number}", f"{above}{first}"
        rename[name] = first
        names[full] = f"{prefix}{name}"
        kind = kinds.get((first,))
        if below:
            kind = _struct(below, names, f"{prefix}{name}.", f"{full}.") | None | UnsetType
        fields.append((name, kind, UNSET))
    return msgspec.defstruct("Head", fields, rename=rename, gc=False)


def _plain_keys(keys: list[Any]) -> list[str]:
    kinds = set(map(type, keys))
    if not kinds <= {str, int} or "" in keys:
        raise ValueError("a record has no key")
    return keys if kinds <= {str} else list(map(str, keys))


def _plain_cursors(cursors: list[Any]) -> list[Cursor]:
    kinds = set(map(type, cursors))
    if kinds <= {str} or kinds == {type(None)}:
        return cursors
    if kinds == {int} and max(cursors) <= _LARGEST and min(cursors) >= -_LARGEST:
        return cursors
    return list(map(_cursor, cursors))


def _key(value: Any, path: str) -> str:  # noqa: ANN401  any JSON value
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError(f"it has no key: {path} is {_named(value)}")
    key = str(value)
    if not _encodes(key):
        raise ValueError(f"its key is not valid Unicode: {path}")
    return key


def _cursor(value: Any) -> Cursor:  # noqa: ANN401  any JSON value
    """Bring a cursor to what SQLite can hold; what is no scalar orders nothing."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else str(value)
    if isinstance(value, str):
        return value if _encodes(value) else None
    return value if isinstance(value, float) else None


def _loads(record: bytes) -> Any:  # noqa: ANN401  any JSON value
    try:
        return json.loads(record.decode(), parse_int=_integer)
    except UnicodeDecodeError as error:
        raise ValueError("it is not valid UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON, or too deep to read") from error


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _at(value: dict[str, Any], path: str) -> Any:  # noqa: ANN401  any JSON value
    found: Any = value
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            return UNSET
        found = found[name]
    return found


def _named(value: Any) -> str:  # noqa: ANN401  any JSON value
    return "missing" if value is UNSET else "empty" if value == "" else f"of type {type(value).__name__}"


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
