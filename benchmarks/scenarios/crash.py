"""How much is read again after kill -9? Killed at several points of a long backup, then run again to its end."""

import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.contender import Task
from benchmarks.correctness import judge
from benchmarks.measuring import ROOT
from benchmarks.ours.listbackup import source
from benchmarks.peers.peer import Peer
from benchmarks.provider.client import Provider, provider
from benchmarks.provider.vendor import Entry
from benchmarks.results import Row, Run, rounded
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import OURS, Found, knobs, named, why_not

PART_BYTES = 16 * 2**20
PEERS = ("dlt/flat", "airbyte/default", "singer/batch")
LATENCY_SECONDS = 0.01
STRIPES_RATE = 100  # requests a second; the vendor does not insist on it here
PATIENCE_SECONDS = 300


def crash(scale: Scale) -> Found:
    """Kill ours at each point; the peers have no checkpoint in a list without a sort key, so they begin again."""
    with provider(knobs(scale.crash_records, 1, profile="large", latency_seconds=LATENCY_SECONDS)) as vendor:
        runs = [_killed(vendor, percent) for percent in scale.kill_at]
        runs += [_peer_killed(vendor, Peer(*name.split("/")), max(scale.kill_at)) for name in PEERS if scale.peers]
    return Found(_rows(runs, vendor), runs)


def twice(journal: Sequence[Entry]) -> int:
    """Count the good pages that were asked for again."""
    pages = Counter((entry.stream, entry.path) for entry in journal if entry.status == 200 and entry.count)
    return sum(count - 1 for count in pages.values())


def _killed(vendor: Provider, percent: int) -> Run:
    vendor.forget()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch, source(Task(vendor), Path(scratch)) as ours:
        job = ours.new_job()
        _kill_at(ours.command(job, rate=STRIPES_RATE), ours.cloud.environment(), vendor, percent)
        before = len(vendor.journal())
        outcome = ours.back_up(job, Task(vendor, rate=STRIPES_RATE))
        verdict = judge(vendor.knobs, outcome.stored)
    again = twice(vendor.journal())
    figures = {"killed_at_percent": float(percent), "pages_before": float(before), "pages_twice": float(again),
               "parts_twice": again * _page_bytes(vendor) / PART_BYTES}  # fmt: skip
    run = Run(f"kill -9 at {percent} %", named(OURS), figures, why_not(outcome, verdict))
    print(f"  {run.scenario}: {run.why_not or 'whole'}, {again} pages twice", flush=True)
    return run


def _kill_at(command: Sequence[str | Path], env: Mapping[str, str], vendor: Provider, percent: int) -> None:
    """Start a run and kill its whole process group once so much of the pages has been served."""
    wanted = _pages(vendor) * percent / 100
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT, env={**os.environ, **env},
                               start_new_session=True, stdout=subprocess.DEVNULL)  # fmt: skip
    until = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < until:
        if sum(entry.count > 0 for entry in vendor.journal()) >= wanted:
            break
        time.sleep(0.02)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _peer_killed(vendor: Provider, peer: Peer, percent: int) -> Run:
    """A second run of a peer's: what it reads of the pages that a first, killed run had read."""
    vendor.forget()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        place = Path(scratch)
        _kill_at(peer.command(Task(vendor), place), {}, vendor, percent)
        before = len(vendor.journal())
        outcome = peer.read(Task(vendor), place)
    again = twice(vendor.journal())
    figures = {"killed_at_percent": float(percent), "pages_before": float(before), "pages_twice": float(again)}
    verdict = judge(vendor.knobs, outcome.stored)
    run = Run(f"kill -9 at {percent} %", named(peer), figures, why_not(outcome, verdict))
    print(f"  {run.contender}, {run.scenario}: {run.why_not or 'whole'}, {again} pages twice", flush=True)
    return run


def _rows(runs: list[Run], vendor: Provider) -> list[Row]:
    ours = [run for run in runs if run.contender == named(OURS)]
    whole = all(not run.why_not for run in ours)
    pages = rounded(max(run.figures["pages_twice"] for run in ours)) if whole else None
    parts = rounded(max(run.figures["parts_twice"] for run in ours)) if whole else None
    title = f"pages read twice after kill -9, of {_pages(vendor)}"
    rows = [Row("parts' worth of pages read twice after kill -9, worst point", parts, None, None, "parts", "at most 1")]
    for run in (run for run in runs if run.contender != named(OURS)):
        theirs = None if run.why_not else rounded(run.figures["pages_twice"])
        rows.append(Row(f"{title} — {run.contender}", pages, theirs,
                        rounded(theirs / pages) if theirs and pages else None, "pages"))  # fmt: skip
    return rows


def _pages(vendor: Provider) -> int:
    return sum(-(-count // vendor.knobs.page_size) for count in vendor.knobs.streams.values())


def _page_bytes(vendor: Provider) -> int:
    stream = next(iter(vendor.knobs.streams))
    return vendor.knobs.page_size * len(vendor.knobs.shape.record(stream, 0))
