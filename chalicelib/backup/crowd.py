"""How many jobs use our client at a vendor now."""

from chalicelib.store.jobs import Job


def jobs_running(platform: str) -> int:
    """Count the running jobs of a platform, of all accounts; the index they are found in lags by moments."""
    return sum(job.status == "running" and job.platform == platform for job in Job.indexed("index2", open="OPEN"))
