"""List the file contents that a job has to copy; then give the lanes to copy, round after round."""

import msgspec

from chalicelib.backup.rounds import CopyingTask, lanes_to_copy
from processors.runtime import step

handler = step(lambda task, means, _deadline: msgspec.to_builtins(lanes_to_copy(task, means)), CopyingTask)
