"""Seal a job's snapshot."""

from chalicelib.backup.seal import SealTask, seal_snapshot
from processors.runtime import step

handler = step(lambda task, means, _deadline: seal_snapshot(task, means), SealTask)
