"""The parents whose children a child stream reads: those this job found changed, or all that are there now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from chalicelib.archive.fragments import Fragment, decode_fragment
from chalicelib.archive.frames import beginning_of
from chalicelib.archive.index import Place
from chalicelib.archive.layout import fragment_key, source_root
from chalicelib.archive.objects import Objects
from chalicelib.archive.state import State
from chalicelib.backup.found import SEEN, Found
from chalicelib.backup.run import Run
from chalicelib.connectors.connector import Parent
from chalicelib.store.checkpoints import Checkpoint

AT_ONCE = 256
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parents:
    """The parents that one slice of a child stream is for: the `part`-th of each `of`, always in the same order.

    `before` is the parents' state before the job, None where only those that changed are wanted; `listed` says that the
    job has listed them all, so that one it has not seen is gone.
    """

    data: Objects
    root: str
    found: Found
    before: State | None
    listed: bool
    part: int = 0
    of: int = 1

    def after(self, count: int) -> Iterator[Parent]:
        """List this slice's parents but for the first `count`."""
        mine = islice(self._places(), self.part + count * self.of, None, self.of)
        for some in _batched(mine, AT_ONCE):
            yield from self._read(some)

    def _places(self) -> Iterator[tuple[str, Place]]:
        yield from self.found.stored()
        if self.before is not None:
            for versions in _batched(self.before.scan(), AT_ONCE):
                kinds = self.found.kinds([version.key for version in versions])
                as_before = {SEEN} if self.listed else {SEEN, None}
                for version in versions:
                    if kinds.get(version.key) in as_before and version.place is not None:
                        yield version.key, version.place

    def _read(self, some: Sequence[tuple[str, Place]]) -> Iterator[Parent]:
        frames: dict[tuple[str, int], bytes] = {}
        for key, place in some:
            frame = (place.part, place.frame_start)
            if frame not in frames:
                frames.clear()
                frames[frame] = self._frame(place)
            yield Parent(key, frames[frame][place.start : place.start + place.length])

    def _frame(self, place: Place) -> bytes:
        packed = self.data.get_range(self.root + place.part, place.frame_start, place.frame_size)
        return beginning_of(packed, place.frame_raw, place.part)


def _batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(rows)
    while some := list(islice(rest, size)):
        yield some


def fragments_of(run: Run, stream: str, checkpoints: Iterable[Checkpoint], temp: Objects) -> Iterator[Fragment]:
    """Read what a job's slices have found in a stream, slice after slice, in the order in which it was read."""
    for checkpoint in sorted(checkpoints, key=lambda one: one.slice):
        if checkpoint.stream == stream:
            for part in checkpoint.parts:
                key = fragment_key(run.account_id, run.job_id, stream, checkpoint.slice, part["number"])
                yield decode_fragment(temp.get(key))


def root_of(run: Run) -> str:
    """Name what begins the key of every object of the run's source."""
    return source_root(run.account_id, run.source_id)
