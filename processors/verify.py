"""Verify a job's snapshot."""

from chalicelib.backup.verify import verify_snapshot
from processors.runtime import step

handler = step(verify_snapshot)
