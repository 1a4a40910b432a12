"""What a step of a job is told: ids and counts, as the state machine passes them."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from chalicelib.errors import FatalError


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One job's run."""

    account_id: str
    job_id: str
    source_id: str
    connection_id: str
    snapshot_id: str
    platform: str

    def workspace(self, *path: str) -> str:
        """Give a key of the temporary bucket that is this job's own."""
        return "/".join(["jobs", self.account_id, self.job_id, *path])


class SliceTask(Run, frozen=True, kw_only=True):
    """One slice of a stream to read on."""

    stream: str
    slice: str


class SliceName(msgspec.Struct, frozen=True):
    """A slice, by its stream and its own name."""

    stream: str
    slice: str


class LaneTask(Run, frozen=True, kw_only=True):
    """The slices one worker reads, one after the other."""

    slices: tuple[SliceName, ...]


class BatchTask(Run, frozen=True, kw_only=True):
    """One batch of file contents to copy on."""

    stream: str
    batch: str


class Progress(msgspec.Struct, frozen=True):
    """What a worker reports back: to be called again unless `done`, and not before `wait_seconds` have passed."""

    done: bool
    wait_seconds: int = 0


T = TypeVar("T", bound=Run)


def told(event: Mapping[str, Any], kind: type[T]) -> T:
    """Read a step's event; raises FatalError naming the field that is missing or wrong."""
    try:
        return msgspec.convert(event, kind)
    except msgspec.ValidationError as wrong:
        raise FatalError(f"this step was called with an event it does not understand: {wrong}") from wrong
