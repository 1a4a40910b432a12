"""Seal a job's snapshot."""

from chalicelib.backup.seal import seal_snapshot
from processors.runtime import step

handler = step(lambda run, means, _deadline: seal_snapshot(run, means))
