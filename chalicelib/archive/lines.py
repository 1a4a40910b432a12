"""Lines: a vendor's own JSON of one record, without insignificant whitespace where that has line breaks."""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw

_BREAK = re.compile(rb"[\n\r\t]")
_STRING_OR_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*+")|[ \t\n\r]+', re.DOTALL)
_PARENT = re.compile(rb'\{"_parent":("(?:[^"\\]|\\.)*+")(,|\})', re.DOTALL)


def tighten(records: Sequence[Raw], page: bytes) -> Sequence[bytes]:
    """Make lines of records, where `page` holds the bytes of them all; those kept as they are stay Raw, uncopied.

    A line feed, carriage return or tab is never within a JSON string. A record that has one loses all its insignificant
    whitespace; any other is kept as it was sent, byte for byte.
    """
    if b"\n" in page or b"\r" in page or b"\t" in page:
        return [squeeze(line) if _BREAK.search(line) else line for line in map(bytes, records)]
    return records


def squeeze(record: bytes) -> bytes:
    """Remove the insignificant whitespace of a JSON text, also of one that only a lenient parser takes."""
    try:
        return msgspec.json.format(record, indent=-1)
    except (msgspec.DecodeError, RecursionError):
        return _STRING_OR_SPACE.sub(rb"\1", record)


def splice(parent: str, line: bytes) -> bytes:
    """Put the parent's key in front of a child's line, which must be an object's."""
    return b'{"_parent":' + msgspec.json.encode(parent) + (b"}" if line == b"{}" else b"," + line[1:])


def strip(line: bytes) -> tuple[str, bytes]:
    """Undo `splice`: give back the parent's key and the vendor's bytes; raises ValueError where there is no parent."""
    match = _PARENT.match(line)
    if match is None:
        raise ValueError("the line has no parent in front: it is not of a child stream")
    parent = msgspec.json.decode(match[1], type=str)
    return parent, b"{}" if match[2] == b"}" else b"{" + line[match.end() :]
