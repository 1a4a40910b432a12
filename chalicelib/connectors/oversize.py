"""Smaller pages where one is too large to be held in memory, down to the record that is too large by itself.

Such a record cannot be had, but it is there: what was kept of it before stays, and the snapshot is partial.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from chalicelib.connectors.connector import Request, Skipped
from chalicelib.connectors.exact import members
from chalicelib.connectors.refusals import PayloadTooLargeError

REASON = "oversize: the record is larger than can be read; what was kept of it before stays"
_FIRST_RECORD = re.compile(r"\[\s*(?=\{)")
T = TypeVar("T")


def fitting(ask: Callable[[Request], T], request: Request) -> T:
    """Ask for a page, for half as many records where that is too large, and so on.

    Raises PayloadTooLargeError for a single record, and where the request does not say how many it wants.
    """
    while True:
        try:
            return ask(request)
        except PayloadTooLargeError:
            smaller = _halved(request)
            if smaller is None:
                raise
            request = smaller


def _halved(request: Request) -> Request | None:
    """Ask for half as many records, in the parameters or in the body; None where that is no fewer."""
    name = request.size_param or ""
    if name in request.params:
        size = int(request.params[name]) // 2
        return replace(request, params={**request.params, name: size}) if size else None
    path = name.split(".")
    size = _at(request.body, path) // 2
    return replace(request, body=_with(request.body, path, size)) if size else None


def _at(within: Any, path: Sequence[str]) -> int:  # noqa: ANN401  JSON
    for name in path:
        within = within.get(name) if isinstance(within, dict) else None
    return int(within or 0)


def _with(within: Mapping[str, Any], path: Sequence[str], size: int) -> dict[str, Any]:
    first, *rest = path
    return {**within, first: _with(within[first], rest, size) if rest else size}


def unread(key: str) -> Skipped:
    """Say that a record is there, but too large."""
    return Skipped(key, REASON, there=True)


def first_id(large: PayloadTooLargeError) -> str:
    """Read the id of the first record of a listing that was broken off; raises its error where it does not say."""
    text = large.begun.decode(errors="replace")
    found = _FIRST_RECORD.search(text)
    record = text[found.end() :] if found else ""
    with suppress(ValueError, IndexError):
        for name, start, end in members(record):
            if name == "id" and end < len(record):
                return str(json.loads(record[start:end]))
    raise large
