"""Verify a job's snapshot."""

from chalicelib.backup.verify import verify_snapshot
from processors.runtime import step

handler = step(lambda run, means, _deadline: verify_snapshot(run, means))
