"""How long does a page of a large snapshot take, and how often is DynamoDB asked? Through the shipped app, warm."""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contender import Task
from benchmarks.correctness import judge
from benchmarks.measuring import run
from benchmarks.ours.listbackup import Source, source
from benchmarks.provider.client import provider
from benchmarks.results import Row, Run, rounded
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import OURS, Found, knobs, named, why_not

STREAM = "customers"


def browse(scale: Scale) -> Found:
    """Back up one stream of small records, then read pages of 100 from all over it, as an owner through the API."""
    wanted = knobs(scale.browse_records, 1, profile="small")
    with (
        provider(wanted) as vendor,
        tempfile.TemporaryDirectory(prefix="bench-") as scratch,
        source(Task(vendor), Path(scratch)) as ours,
    ):
        job = ours.new_job()
        outcome = ours.back_up(job, Task(vendor))
        why = why_not(outcome, judge(wanted, outcome.stored))
        places = (job["account_id"], job["source_id"])
        took = _asked(ours, "pages", *places, job["snapshot_id"], STREAM, str(scale.browse_pages))
        calls = _asked(ours, "count", *places)
    return _found(scale, sorted(took), calls, why)


def _asked(ours: Source, *words: str) -> Any:  # noqa: ANN401 (JSON)
    said = run([sys.executable, "-m", "benchmarks.ours.browse", *words], env=ours.cloud.environment())
    if said.code:
        raise subprocess.CalledProcessError(said.code, words, output=said.said)
    return json.loads(said.said.splitlines()[-1])


def _found(scale: Scale, took: list[float], calls: dict[str, int], why: str) -> Found:
    dynamodb = sum(count for name, count in calls.items() if name.startswith("DynamoDB."))
    figures = {
        "p50_ms": statistics.median(took),
        "p95_ms": statistics.quantiles(took, n=20)[-1],
        "dynamodb_calls": float(dynamodb),
    } | {f"calls {name}": float(count) for name, count in calls.items()}
    done = Run("browse", named(OURS), figures, why)
    print(f"  {why or 'whole'}, {figures}", flush=True)
    title = f"one page of 100 of a snapshot of {scale.browse_records:,} records, warm"
    rows = [
        Row(f"{title}, p50", _scored(figures["p50_ms"], why), None, None, "ms"),
        Row(f"{title}, p95", _scored(figures["p95_ms"], why), None, None, "ms", "under 50"),
        Row("DynamoDB round trips of an authenticated read", float(dynamodb), None, None, "calls", "at most 3"),
    ]
    return Found(rows, [done])


def _scored(value: float, why: str) -> float | None:
    return None if why else rounded(value)
