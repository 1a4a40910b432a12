"""Begin a run: mark the job as running and make sure of a fresh token, before many workers want one at once."""

from datetime import datetime

from pynamodb.exceptions import UpdateError

from chalicelib.backup import checkpoints
from chalicelib.backup.means import Means
from chalicelib.backup.run import Run
from chalicelib.backup.vendor import opened
from chalicelib.domain import job_status
from chalicelib.errors import CancelledError
from chalicelib.store.jobs import Job


def authorize(run: Run, means: Means) -> None:
    """Begin a run, or go on with one that has begun.

    Raises CancelledError where the job has ended, ReauthorizeError where the vendor no longer takes the connection.
    """
    _mark_running(run, means.clock.now())
    opened(run, means).close()


def _mark_running(run: Run, now: datetime) -> None:
    job = Job.fetch(account_id=run.account_id, job_id=run.job_id)
    if job is None:
        raise CancelledError(f"job {run.job_id} is gone")
    try:
        job.update(
            actions=[Job.status.set("running"), Job.started_at.set(now), Job.updated_at.set(now), Job.version.add(1)],
            condition=Job.status.is_in(*job_status.before("running")),
        )
    except UpdateError as refused:
        if refused.cause_response_code != "ConditionalCheckFailedException":
            raise
        checkpoints.running(run)
