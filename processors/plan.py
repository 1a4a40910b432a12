"""Decide once what a job reads, and how; then give the lanes to read, round after round."""

from typing import Any

import msgspec

from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.rounds import ReadingTask, lanes_to_read
from processors.runtime import step


def work(task: ReadingTask, means: Means, deadline: Deadline) -> Any:  # noqa: ANN401  the JSON that the step gives
    """Give the lanes of the next round."""
    return msgspec.to_builtins(lanes_to_read(task, means, deadline))


handler = step(work, ReadingTask)
