"""Storing a closed part: the bodies, then the fragment, each once. The checkpoint is the caller's."""

from dataclasses import dataclass
from hashlib import sha256

from chalicelib.archive.fragments import encode_fragment
from chalicelib.archive.layout import fragment_key, part_name, quarantine_name, stream_directory
from chalicelib.archive.objects import Objects
from chalicelib.archive.parts import Body
from chalicelib.archive.writer import Closed
from chalicelib.errors import FatalError

_ATTEMPTS = 1000


@dataclass(frozen=True, slots=True)
class Slice:
    """Where one slice of a stream is written to. `root` begins the keys of the source's objects."""

    root: str
    directory: str
    account: str
    job: str
    stream: str
    name: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored: the part's name (None where nothing had to be), its number, and the key of its fragment."""

    part: str | None
    sha256: str | None
    size_bytes: int
    records: int
    number: int
    fragment: str


def store_part(objects: Objects, workspace: Objects, place: Slice, closed: Closed, number: int) -> Stored:
    """Store a part and then its fragment, under `number` or, where another attempt left other bytes, the next free one.

    `workspace` is the temp bucket. After it returns the checkpoint may be written; the next part is `Stored.number` +
    1.
    """
    for used in range(number, number + _ATTEMPTS):
        stored = _store_as(objects, workspace, place, closed, used)
        if stored is not None:
            return stored
    raise FatalError(f"{_ATTEMPTS} part names from {number} on are taken in {place.directory}: start the backup again")


def _store_as(objects: Objects, workspace: Objects, place: Slice, closed: Closed, number: int) -> Stored | None:
    directory = stream_directory(place.directory, place.stream)
    name = part_name(place.name, number)
    part_key, quarantine_key = f"{directory}/{name}", f"{directory}/{quarantine_name(place.name, number)}"
    key = fragment_key(place.account, place.job, place.stream, place.name, number)
    fragment = encode_fragment(closed.stored_as(part_key, quarantine_key))
    whole = (
        _put(objects, place.root + part_key, closed.part)
        and _put(objects, place.root + quarantine_key, closed.quarantine)
        and workspace.put_once(key, fragment, sha256=sha256(fragment).hexdigest())
    )
    return _stored(closed.part, name, number, key) if whole else None


def _stored(part: Body | None, name: str, number: int, fragment: str) -> Stored:
    if part is None:
        return Stored(None, None, 0, 0, number, fragment)
    return Stored(name, part.sha256, len(part.data), part.lines, number, fragment)


def _put(objects: Objects, key: str, body: Body | None) -> bool:
    return body is None or objects.put_once(key, body.data, sha256=body.sha256)
