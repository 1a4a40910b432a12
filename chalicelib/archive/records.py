"""Records: reading stored lines back, one ranged read per frame, each checked against its hash."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from chalicelib.archive.frames import beginning_of
from chalicelib.archive.index import Place, Version
from chalicelib.archive.objects import Objects
from chalicelib.archive.pages import hash_line
from chalicelib.errors import DamagedObjectError

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Record:
    """A version of a record with its stored line."""

    version: Version
    line: bytes


def read_record(objects: Objects, root: str, version: Version) -> Record:
    """Read one record by one ranged read; raises DamagedObjectError where its bytes are not those that were stored."""
    return Record(version, _lines_of_frame(objects, root, [version])[version.key])


def read_records(objects: Objects, root: str, versions: Sequence[Version]) -> list[Record]:
    """Read the records of a page of a state, in its order: each frame once, several at a time, none kept."""
    by_frame: dict[tuple[str, int], list[Version]] = defaultdict(list)
    for version in versions:
        place = _place(version)
        by_frame[place.part, place.frame_start].append(version)
    read = partial(_lines_of_frame, objects, root)
    if len(by_frame) < 2:
        found = list(map(read, by_frame.values()))
    else:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="frames") as pool:
            found = list(pool.map(read, by_frame.values()))
    lines = {key: line for of_frame in found for key, line in of_frame.items()}
    return [Record(version, lines[version.key]) for version in versions]


def _lines_of_frame(objects: Objects, root: str, versions: Sequence[Version]) -> dict[str, bytes]:
    """Read by key the lines of versions that are all in one frame."""
    first = _place(versions[0])
    frame = objects.get_range(root + first.part, first.frame_start, first.frame_size)
    raw = beginning_of(frame, max(place.start + place.length for place in map(_place, versions)), first.part)
    return {version.key: _line(raw, version) for version in versions}


def _line(raw: bytes, version: Version) -> bytes:
    place = _place(version)
    line = raw[place.start : place.start + place.length]
    if hash_line(line) != version.hash:
        where = f"{version.key} in {place.part}"
        raise DamagedObjectError(f"{where} is not what was stored: run verify on {version.snapshot}")
    return line


def _place(version: Version) -> Place:
    if version.place is None:
        raise DamagedObjectError(f"{version.key} has no line: it is a deletion")
    return version.place
