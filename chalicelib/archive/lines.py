"""Lines: a vendor's own JSON of one record, with nothing but insignificant whitespace removed."""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw

_RAWS = msgspec.json.Decoder(list[Raw])
_STRING_OR_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*+")|[ \t\n\r]+', re.DOTALL)
_PARENT = re.compile(rb'\{"_parent":("(?:[^"\\]|\\.)*+")(,|\})', re.DOTALL)


def squeeze(record: bytes) -> bytes:
    """Remove the insignificant whitespace of any JSON text, also of one that only a lenient parser takes."""
    return _STRING_OR_SPACE.sub(rb"\1", record)


def squeeze_page(page: bytes, records: Sequence[Raw]) -> list[bytes]:
    """Remove the insignificant whitespace of a page's records, where `page` is the JSON array of just them.

    Raises msgspec.DecodeError or RecursionError for a page that msgspec does not read; `squeeze` then serves.
    """
    tight = msgspec.json.format(page, indent=-1)
    lines = list(map(bytes, records if len(tight) == len(page) else _RAWS.decode(tight)))
    if len(lines) != len(records):
        raise msgspec.DecodeError("a record is not one JSON value")
    return lines


def splice(parent: str, line: bytes) -> bytes:
    """Put the parent's key in front of a child's line, which must be an object's."""
    return b'{"_parent":' + msgspec.json.encode(parent) + (b"}" if line == b"{}" else b"," + line[1:])


def strip(line: bytes) -> tuple[str, bytes]:
    """Undo `splice`: give back the parent's key and the vendor's bytes; raises ValueError for a line without a parent."""
    match = _PARENT.match(line)
    if match is None:
        raise ValueError("the line has no parent in front: it is not of a child stream")
    parent = msgspec.json.decode(match[1], type=str)
    return parent, b"{}" if match[2] == b"}" else b"{" + line[match.end() :]
