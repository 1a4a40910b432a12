"""What does the next backup cost: of an unchanged source, and of one in which 1 % of the records changed?"""

import json
import tempfile
from pathlib import Path

from benchmarks.contender import Task
from benchmarks.correctness import Verdict
from benchmarks.ours.listbackup import Source, source
from benchmarks.provider.client import Provider, provider
from benchmarks.results import Row, Run, ratio, rounded
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import OURS, Found, contenders, knobs, measured, named, why_not

EVERY = 100
PEERS = ("dlt/flat", "airbyte/default", "singer/batch")
FIRST, SAME, CHANGED = "first backup", "second backup, nothing changed", "third backup, 1 % changed"


def incremental(scale: Scale) -> Found:
    """Back up three times; the peers, as configured for a list without an update time, read everything each time."""
    with provider(knobs(scale.records)) as vendor, tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        with source(Task(vendor), Path(scratch)) as ours:
            runs = [_ours(ours, vendor, FIRST), _ours(ours, vendor, SAME)]
            changed = vendor.change(EVERY)
            runs.append(_ours(ours, vendor, CHANGED, changed))
        for peer in contenders(scale, *PEERS)[1:]:
            run = measured(CHANGED, peer, Task(vendor), lambda _outcome: {})
            requests = float(len(vendor.journal()))
            runs.append(Run(run.scenario, run.contender, run.figures | {"requests": requests}, run.why_not))
    return Found(_rows(runs), runs)


def _ours(ours: Source, vendor: Provider, scenario: str, changed: int = 0) -> Run:
    vendor.forget()
    job = ours.new_job()
    outcome = ours.back_up(job, Task(vendor))
    objects = ours.kept.objects(job["snapshot_id"])
    figures = {
        "part_bytes": float(sum(size for key, size in objects.items() if "/part-" in key)),
        "stored_bytes": float(sum(objects.values())),
        "requests": float(len(vendor.journal())),
        "cpu_seconds": outcome.usage.cpu_seconds,
        "wall_seconds": outcome.usage.wall_seconds,
    }
    wanted = {FIRST: None, SAME: set(), CHANGED: _ids(vendor, EVERY)}[scenario]
    verdict = _verdict(vendor, ours, job, wanted)
    run = Run(scenario, named(OURS), figures, why_not(outcome, verdict))
    print(f"  {scenario}: {run.why_not or 'whole'}, {json.dumps(figures)}, {changed} changed", flush=True)
    return run


def _verdict(vendor: Provider, ours: Source, job: dict[str, str], wanted: set[tuple[str, str]] | None) -> Verdict:
    """Compare a snapshot's own records with those that had to be stored: all, none, or just the changed ones."""
    if wanted is None:
        wanted = _ids(vendor, 1)
    stored = ours.stored(job, vendor.knobs)
    kept = {(name, identifier) for name, ids in stored.ids.items() for identifier in ids}
    return Verdict(missing=len(wanted - kept), doubled=0, foreign=len(kept - wanted), altered=stored.altered)


def _ids(vendor: Provider, every: int) -> set[tuple[str, str]]:
    name_of, streams = vendor.knobs.shape.identifier, vendor.knobs.streams
    return {(stream, name_of(stream, index)) for stream, count in streams.items() for index in range(0, count, every)}


def _rows(runs: list[Run]) -> list[Row]:
    by = {(run.scenario, run.contender): run for run in runs}
    ours = named(OURS)
    rows = [
        Row("bytes of parts, second backup of an unchanged source", _figure(by[SAME, ours], "part_bytes"), None, None,
            "B", bar="0"),
        Row("requests, second backup of an unchanged source", _figure(by[SAME, ours], "requests"), None, None,
            "requests"),
    ]  # fmt: skip
    for peer in dict.fromkeys(run.contender for run in runs if run.contender != ours) or ("",):
        theirs = by.get((CHANGED, peer))
        for figure, unit in (("stored_bytes", "B"), ("requests", "requests"), ("cpu_seconds", "s")):
            a, b = _figure(by[CHANGED, ours], figure), _figure(theirs, figure) if theirs else None
            what = {"stored_bytes": "bytes stored", "cpu_seconds": "CPU"}.get(figure, figure)
            against = f" — {peer}" if peer else ""
            rows.append(Row(f"{what}, next backup with 1 % changed{against}", a, b, ratio(a, b, "lower"), unit))
    return rows


def _figure(run: Run, figure: str) -> float | None:
    return None if run.why_not else rounded(run.figures[figure])
