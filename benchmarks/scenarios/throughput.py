"""How much CPU does a record cost, from the HTTP page to the sealed snapshot? One core, no limit, no latency."""

import statistics
from dataclasses import replace

from benchmarks.contender import Outcome, Task
from benchmarks.provider.client import provider
from benchmarks.results import Row, Run, median_row
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import Found, contenders, knobs, measured, named

PEERS = ("dlt/default", "dlt/flat", "airbyte/default", "singer/default", "singer/msgspec", "singer/batch")
BARS = {"dlt": "ratio at least 20", "airbyte": "ratio at least 12", "singer": "ratio at least 12"}
BEST = ("dlt (flat)", "airbyte (default)", "singer (batch)")
FEW, STARTS = 400, 3


def throughput(scale: Scale) -> Found:
    """Read the same pages with everyone, in alternating order; then next to nothing, to tell the start-up apart."""
    everyone = contenders(scale, *PEERS)
    runs: list[Run] = []
    with provider(knobs(scale.records)) as vendor:
        for round_ in range(scale.runs):
            order = everyone if round_ % 2 == 0 else list(reversed(everyone))
            runs += [measured("throughput", one, Task(vendor), sealed) for one in order]
    with provider(knobs(FEW)) as vendor:
        rounds = range(min(scale.runs, STARTS))
        started = [measured("start-up", one, Task(vendor), sealed) for _ in rounds for one in everyone]
    runs = apart(runs, started, scale.records)
    return Found(_rows(scale, [named(one) for one in everyone], runs), runs + started)


def sealed(outcome: Outcome) -> dict[str, float]:
    """Tell the CPU up to the sealed snapshot: ours reads everything back after that, the peers do not."""
    verifying = sum(call["cpu_seconds"] for call in outcome.extra.get("calls", ()) if call["name"] == "verify")
    return {"sealed_cpu_seconds": outcome.usage.cpu_seconds - verifying}


def apart(runs: list[Run], started: list[Run], records: int) -> list[Run]:
    """Add what a record costs beyond what a run of next to none does."""
    start = {
        run.contender: statistics.median(
            other.figures["sealed_cpu_seconds"] for other in started if other.contender == run.contender
        )
        for run in started
    }
    return [
        replace(run, figures=run.figures | {
            "start_cpu_seconds": start[run.contender],
            "steady_us": (run.figures["sealed_cpu_seconds"] - start[run.contender]) / (records - FEW) * 1e6,
            "stored_per_record": run.figures["stored_bytes"] / records,
        })
        for run in runs
    ]  # fmt: skip


def _rows(scale: Scale, names: list[str], runs: list[Run]) -> list[Row]:
    ours, *peers = names
    rows = [
        median_row(f"CPU per record, HTTP page to sealed snapshot, start-up apart{_against(peer)}", "steady_us", runs,
                   (ours, peer or None), unit="µs", better="lower", bar=BARS.get(peer.split(" ")[0], ""))
        for peer in peers or ("",)
    ]  # fmt: skip
    for peer in [peer for peer in peers if peer in BEST] or ("",):
        rows += _others(scale, runs, (ours, peer or None), _against(peer))
    return rows


def _others(scale: Scale, runs: list[Run], sides: tuple[str, str | None], against: str) -> list[Row]:
    whole = f"CPU of a whole run of {scale.records:,} records, ours verified too"
    speed = "records per second, start-up and verification included"
    return [
        median_row(f"{whole}{against}", "cpu_seconds", runs, sides, unit="s", better="lower"),
        median_row(f"CPU of the start-up{against}", "start_cpu_seconds", runs, sides, unit="s", better="lower"),
        median_row(f"{speed}{against}", "records_per_second", runs, sides, unit="records/s", better="higher"),
        median_row(f"peak memory{against}", "peak_mib", runs, sides, unit="MiB", better="lower", bar="ours under 256"),
        median_row(f"stored per record of 800 B{against}", "stored_per_record", runs, sides, unit="B", better="lower"),
    ]


def _against(peer: str) -> str:
    return f" — {peer}" if peer else ""
