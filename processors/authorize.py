"""Begin a job's run."""

from chalicelib.backup.authorize import authorize
from processors.runtime import step

handler = step(lambda run, means, _deadline: authorize(run, means))
