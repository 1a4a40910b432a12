"""Close a job."""

from chalicelib.backup.close import CloseTask, close
from processors.runtime import step

handler = step(lambda task, means, _deadline: close(task, means), CloseTask)
