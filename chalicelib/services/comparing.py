"""What differs between two snapshots of a source, stream by stream."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice

from chalicelib.archive.diff import Diff, Difference
from chalicelib.archive.fields import FieldChange, field_changes
from chalicelib.archive.index import Version
from chalicelib.archive.manifest import Manifest
from chalicelib.services.reading import Archive, size
from chalicelib.services.room import MOST_BYTES, outgoing, outgoing_text

_AROUND = len(r"{\"stream\":,\"key\":,\"change\":\"changed\",\"complete\":false,\"fields\":[]},")
_AROUND_A_FIELD = len(r"{\"path\":\"\",\"before\":,\"after\":},")


@dataclass(frozen=True, slots=True)
class Two:
    """The two snapshots, and what begins the keys of their source's objects."""

    root: str
    before: Manifest
    after: Manifest


@dataclass(frozen=True, slots=True)
class Spot:
    """The last difference already seen."""

    stream: str
    key: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One record that differs, and in which of its fields; only a changed one has any.

    `complete` is False where these are the first of more than an answer can hold.
    """

    stream: str
    difference: Difference
    fields: Sequence[FieldChange]
    complete: bool


def differences(
    archive: Archive, two: Two, stream: str | None, after: Spot | None, limit: int
) -> tuple[list[Changed], bool]:
    """List up to `limit` differences behind a spot, of one stream or of all, and tell whether there are more."""
    found = list(islice(_all(archive, two, stream, after), limit + 1))
    shown = _with_fields(archive, two.root, _fitting(found[:limit]))
    return shown, len(found) > len(shown)


def _all(archive: Archive, two: Two, stream: str | None, after: Spot | None) -> Iterator[tuple[str, Difference]]:
    for name in sorted(two.before.streams.keys() | two.after.streams.keys()):
        if stream in (None, name) and (after is None or name >= after.stream):
            begun = after.key if after is not None and name == after.stream else None
            yield from ((name, one) for one in _of_stream(archive, two, name, begun))


def _of_stream(archive: Archive, two: Two, name: str, after: str | None) -> Iterator[Difference]:
    streams = two.before.streams.get(name), two.after.streams.get(name)
    with closing(Diff.open(archive.objects, archive.cache, two.root, *streams)) as diff:
        yield from diff.scan(after)


def _fitting(found: Sequence[tuple[str, Difference]]) -> Sequence[tuple[str, Difference]]:
    """Keep as many differences from the first on as an answer can hold, one at least."""
    total = 0
    for number, (_, one) in enumerate(found):
        total += sum(size(version) for version in (one.before, one.after) if version and one.kind == "changed")
        if total > MOST_BYTES and number:
            return found[:number]
    return found


def _with_fields(archive: Archive, root: str, found: Sequence[tuple[str, Difference]]) -> list[Changed]:
    """Say in which fields the differences lie, of as many as an answer can hold: one at least, if need be in part."""
    pairs = [_both(one) for _, one in found]
    lines = (record.line for record in archive.read(root, list(chain.from_iterable(pairs))))
    shown: list[Changed] = []
    room = MOST_BYTES
    for (name, one), pair in zip(found, pairs, strict=True):
        room -= _AROUND + outgoing_text(name, one.key)
        fields, room = _first(field_changes(next(lines), next(lines)) if pair else (), room)
        if room >= 0 or not shown:
            shown.append(Changed(name, one, fields, complete=room >= 0))
        if room < 0:
            break
    return shown


def _first(changes: Iterable[FieldChange], room: int) -> tuple[list[FieldChange], int]:
    """Take changes for as long as there is room; gives them and the room left, less than none where one had none."""
    taken: list[FieldChange] = []
    for change in changes:
        room -= _weight(change)
        if room < 0:
            break
        taken.append(change)
    return taken, room


def _weight(change: FieldChange) -> int:
    """Tell how many bytes a change has in an answer."""
    values = outgoing(change.before or b"") + outgoing(change.after or b"")
    return _AROUND_A_FIELD + outgoing_text(change.path) + values


def _both(one: Difference) -> tuple[Version, ...]:
    """Give the two versions of a record that is on both sides; of any other, none."""
    return () if one.before is None or one.after is None else (one.before, one.after)
