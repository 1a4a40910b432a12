"""Verify a job's snapshot, turn after turn."""

from typing import Any

import msgspec

from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.verify import VerifyTask, verify_snapshot
from processors.runtime import step


def work(task: VerifyTask, means: Means, deadline: Deadline) -> Any:  # noqa: ANN401  the JSON that the step gives
    """Verify on until the deadline nears."""
    return msgspec.to_builtins(verify_snapshot(task, means, deadline))


handler = step(work, VerifyTask)
