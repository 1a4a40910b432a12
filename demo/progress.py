"""Watching a job: a bar per stream while it runs, then what each stream came to."""

import sys
import time
from typing import Any

from demo.api import Api, RefusedError

WIDTH = 24
EVERY_SECONDS = 0.5
MOST_SECONDS = 300
ENDED = {"completed", "partial", "failed", "cancelled"}


def watch(api: Api, job_id: str) -> dict[str, Any]:
    """Follow a job to its end; raises RefusedError where it does not end."""
    drawn, until = 0, time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        job = api.get(f"/jobs/{job_id}")
        drawn = _draw(job, drawn)
        if job["status"] in ENDED:
            return job
        time.sleep(EVERY_SECONDS)
    raise RefusedError(f"job {job_id} did not end within {MOST_SECONDS} s")


def _draw(job: dict[str, Any], drawn: int) -> int:
    """Draw the bars over those drawn before where there is a terminal; elsewhere only the last ones."""
    terminal = sys.stdout.isatty()
    if not terminal and job["status"] not in ENDED:
        return 0
    lines = [_bar(one) for one in job["progress"]]
    print(f"\x1b[{drawn}A" if drawn else "", end="")
    for line in lines:
        print(f"{line}\x1b[K" if terminal else line)
    return len(lines) if terminal else 0


def _bar(stream: dict[str, Any]) -> str:
    filled = WIDTH if stream["done"] else min(WIDTH - 1, stream["requests"])
    bar = "█" * filled + "░" * (WIDTH - filled)
    problems = f"  {'; '.join(stream['problems'])}" if stream["problems"] else ""
    counts = f"{stream['records']:>7,} stored {stream['seen']:>7,} unchanged {stream['requests']:>5,} requests"
    return f"    {stream['stream'][:30]:<30} {bar} {counts}{problems}"
