"""List the file contents that a job has to copy."""

from chalicelib.backup.files import plan_files
from processors.runtime import step

handler = step(lambda run, means, _deadline: plan_files(run, means))
