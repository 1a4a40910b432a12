"""What differs between two snapshots of a source, stream by stream."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice

from chalicelib.archive.diff import Diff, Difference
from chalicelib.archive.fields import FieldChange, field_changes
from chalicelib.archive.index import Version
from chalicelib.archive.manifest import Manifest
from chalicelib.services.reading import MOST_BYTES, Archive, size


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
    """One record that differs, and in which of its fields; only a changed one has any."""

    stream: str
    difference: Difference
    fields: Sequence[FieldChange]


def differences(
    archive: Archive, two: Two, stream: str | None, after: Spot | None, limit: int
) -> tuple[list[Changed], bool]:
    """List up to `limit` differences behind a spot, of one stream or of all, and tell whether there are more."""
    found = list(islice(_all(archive, two, stream, after), limit + 1))
    kept = _fitting(found[:limit])
    return _with_fields(archive, two.root, kept), len(found) > len(kept)


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
    pairs = [_both(one) for _, one in found]
    lines = (record.line for record in archive.read(root, list(chain.from_iterable(pairs))))
    fields = [list(field_changes(next(lines), next(lines))) if pair else [] for pair in pairs]
    return [Changed(name, one, changes) for (name, one), changes in zip(found, fields, strict=True)]


def _both(one: Difference) -> tuple[Version, ...]:
    """Give the two versions of a record that is on both sides; of any other, none."""
    return () if one.before is None or one.after is None else (one.before, one.after)
