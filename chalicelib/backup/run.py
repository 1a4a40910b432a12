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
    """One slice of a stream to read on; `tries` counts the workers that began on it since it last got anywhere."""

    stream: str
    slice: str
    tries: int = 0


class Progress(msgspec.Struct, frozen=True):
    """What a worker reports back: to be called again unless `done`, and not before `wait_seconds` have passed.

    `turns` counts its calls in this execution, whose history is not without end.
    """

    done: bool
    wait_seconds: int = 0
    turns: int = 0


class LaneTask(Run, frozen=True, kw_only=True):
    """The `lane`-th lane of a level to read on, or of the files to copy on; its slices are in the plan."""

    lane: int
    level: int = 0
    progress: Progress = Progress(done=False)

    def turned(self, progress: Progress) -> Progress:
        """Count this call."""
        return msgspec.structs.replace(progress, turns=self.progress.turns + 1)


T = TypeVar("T", bound=Run)


def told(event: Mapping[str, Any], kind: type[T]) -> T:
    """Read a step's event; raises FatalError naming the field that is missing or wrong."""
    try:
        return msgspec.convert(event, kind)
    except msgspec.ValidationError as wrong:
        raise FatalError(f"this step was called with an event it does not understand: {wrong}") from wrong
