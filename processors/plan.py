"""Decide what a job reads, and how."""

from chalicelib.backup.planning import make
from processors.runtime import step

handler = step(lambda run, means, _deadline: make(run, means))
