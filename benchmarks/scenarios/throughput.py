"""How much CPU does a record cost, from the HTTP page to the sealed snapshot? One core, no limit, no latency."""

from benchmarks.contender import Task
from benchmarks.provider.client import provider
from benchmarks.results import Row, Run, median_row
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import OURS, Found, contenders, knobs, measured, named

PEERS = ("dlt/default", "dlt/flat", "airbyte/default", "singer/default", "singer/msgspec", "singer/batch")
BARS = {"dlt": "at least 20", "airbyte": "at least 12", "singer": "at least 12"}
FEW = 400


def throughput(scale: Scale) -> Found:
    """Read the same pages with everyone, in alternating order; then next to nothing, to tell the start-up apart."""
    everyone = contenders(scale, *PEERS)
    runs: list[Run] = []
    with provider(knobs(scale.records)) as vendor:
        for round_ in range(scale.runs):
            order = everyone if round_ % 2 == 0 else list(reversed(everyone))
            runs += [measured("throughput", one, Task(vendor), lambda _outcome: {}) for one in order]
    with provider(knobs(FEW)) as vendor:
        started = [measured("start", one, Task(vendor), lambda _outcome: {}) for one in everyone]
    return Found(_rows(scale, [named(one) for one in everyone], runs, started), runs + started)


def _rows(scale: Scale, names: list[str], runs: list[Run], started: list[Run]) -> list[Row]:
    ours, *peers = names
    rows = [
        median_row("records per second, one core", "records_per_second", runs, (ours, None),
                   unit="records/s", better="higher"),
        median_row("stored per 800 B record", "bytes_per_record", _per_record(scale, runs), (ours, None),
                   unit="B", better="lower"),
    ]  # fmt: skip
    for peer in peers or ("",):
        bar = f"ratio {BARS[peer.split(' ')[0]]}" if peer else ""
        against = f" — {peer}" if peer else ""
        rows += [
            median_row(f"CPU per record{against}", "cpu_us_per_record", runs, (ours, peer or None),
                       unit="µs", better="lower", bar=bar),
            median_row(f"CPU per record without start-up{against}", "steady_us", _steady(scale, runs, started),
                       (ours, peer or None), unit="µs", better="lower"),
            median_row(f"peak memory{against}", "peak_mib", runs, (ours, peer or None),
                       unit="MiB", better="lower", bar="ours under 256"),
        ]  # fmt: skip
    return rows


def _steady(scale: Scale, runs: list[Run], started: list[Run]) -> list[Run]:
    """Take from each run what a run of few records costs."""
    start = {run.contender: run.figures["cpu_seconds"] for run in started}
    return [
        Run(run.scenario, run.contender,
            {"steady_us": (run.figures["cpu_seconds"] - start[run.contender]) / (scale.records - FEW) * 1e6},
            run.why_not)
        for run in runs
    ]  # fmt: skip


def _per_record(scale: Scale, runs: list[Run]) -> list[Run]:
    return [
        Run(run.scenario, run.contender, {"bytes_per_record": run.figures["stored_bytes"] / scale.records}, run.why_not)
        for run in runs
        if run.contender == named(OURS)
    ]
