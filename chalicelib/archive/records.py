"""Records: reading stored lines back, one ranged read per frame, each checked against its hash."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain

from chalicelib.archive.blocks import Ranges
from chalicelib.archive.frames import beginning_of
from chalicelib.archive.index import Place, Version
from chalicelib.archive.pages import hash_line
from chalicelib.errors import DamagedObjectError

_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Record:
    """A version of a record with its stored line."""

    version: Version
    line: bytes


def read_record(objects: Ranges, root: str, version: Version) -> Record:
    """Read one record by one ranged read; raises DamagedObjectError where its bytes are not those that were stored."""
    return read_records(objects, root, [version])[0]


def read_records(objects: Ranges, root: str, versions: Sequence[Version]) -> list[Record]:
    """Read the records of versions, in their order: each frame once, several at a time, none kept."""
    frames: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, version in enumerate(versions):
        place = _place(version)
        frames[place.part, place.frame_start].append(number)
    wanted = [[versions[number] for number in numbers] for numbers in frames.values()]
    read = partial(_lines_of_frame, objects, root)
    if len(wanted) < 2:
        found = list(map(read, wanted))
    else:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="frames") as pool:
            found = list(pool.map(read, wanted))
    lines = dict(zip(chain.from_iterable(frames.values()), chain.from_iterable(found), strict=True))
    return [Record(version, lines[number]) for number, version in enumerate(versions)]


def _lines_of_frame(objects: Ranges, root: str, versions: Sequence[Version]) -> list[bytes]:
    """Read the lines of versions that are all in one frame."""
    places = list(map(_place, versions))
    first = places[0]
    frame = objects.get_range(root + first.part, first.frame_start, first.frame_size)
    raw = beginning_of(frame, max(place.start + place.length for place in places), first.part)
    return [_line(raw, version) for version in versions]


def _line(raw: bytes, version: Version) -> bytes:
    place = _place(version)
    line = raw[place.start : place.start + place.length]
    if hash_line(line) != version.hash:
        where = f"{version.key} in {place.part}"
        raise DamagedObjectError(f"{where} is not what was stored: verify its source (docs/runbook.md)")
    return line


def _place(version: Version) -> Place:
    if version.place is None:
        raise DamagedObjectError(f"{version.key} has no line: it is a deletion")
    return version.place
