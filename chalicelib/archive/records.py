"""Records: reading stored lines back, one ranged read per frame, each checked against its hash."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chalicelib.archive.frames import decompress_frame
from chalicelib.archive.index import Place, Version
from chalicelib.archive.objects import Objects
from chalicelib.archive.pages import hash_line
from chalicelib.errors import DamagedObjectError


@dataclass(frozen=True, slots=True)
class Record:
    """A version of a record with its stored line."""

    version: Version
    line: bytes


def read_record(objects: Objects, root: str, version: Version) -> Record:
    """Read one record by one ranged read; raises DamagedObjectError where its bytes are not those that were stored."""
    return read_records(objects, root, [version])[0]


def read_records(objects: Objects, root: str, versions: Sequence[Version]) -> list[Record]:
    """Read the records of a page in its order, each frame once; the frames of the page are held in memory."""
    frames: dict[tuple[str, int], bytes] = {}
    return [Record(version, _line(objects, root, version, frames)) for version in versions]


def scan_records(objects: Objects, root: str, versions: Iterable[Version]) -> Iterator[Record]:
    """Read many records in the order given, keeping only the newest frames: for versions that are in their parts' order."""
    frames: dict[tuple[str, int], bytes] = {}
    for version in versions:
        yield Record(version, _line(objects, root, version, frames))
        while len(frames) > _KEPT_FRAMES:
            del frames[next(iter(frames))]


_KEPT_FRAMES = 16


def _line(objects: Objects, root: str, version: Version, frames: dict[tuple[str, int], bytes]) -> bytes:
    place = version.place
    if place is None:
        raise DamagedObjectError(f"{version.key} has no line: it is a deletion")
    name = (place.part, place.frame_start)
    if name not in frames:
        frames[name] = _frame(objects, root, place)
    line = frames[name][place.start : place.start + place.length]
    if hash_line(line) != version.hash:
        raise DamagedObjectError(
            f"{version.key} in {place.part} is not what was stored: run verify on {version.snapshot}"
        )
    return line


def _frame(objects: Objects, root: str, place: Place) -> bytes:
    return decompress_frame(objects.get_range(root + place.part, place.frame_start, place.frame_size), place.part)
