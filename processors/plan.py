"""Decide once what a job reads, and how; then give the lanes to read, round after round."""

import msgspec

from chalicelib.backup.rounds import ReadingTask, lanes_to_read
from processors.runtime import step

handler = step(lambda task, means, _deadline: msgspec.to_builtins(lanes_to_read(task, means)), ReadingTask)
