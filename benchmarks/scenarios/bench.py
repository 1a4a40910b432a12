"""What every scenario needs: contenders, a provider, a scratch directory, and a run that must be whole to count."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contender import Contender, Outcome, Task
from benchmarks.correctness import Verdict, judge
from benchmarks.ours.listbackup import ListBackup
from benchmarks.peers.peer import Peer
from benchmarks.provider.config import Knobs
from benchmarks.results import Row, Run
from benchmarks.scale import Scale

STREAMS = ("customers", "charges", "products", "invoices")
OURS = ListBackup()
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Found:
    """What a scenario found out."""

    rows: list[Row]
    runs: list[Run]


Scenario = Callable[[Scale], Found]


def named(contender: Contender) -> str:
    """Name a contender as the table does."""
    return contender.tool if contender.tool == OURS.tool else f"{contender.tool} ({contender.variant})"


def contenders(scale: Scale, *peers: str) -> list[Contender]:
    """Give ours and the named peers, `tool/variant` each; only ours where the scale leaves the peers out."""
    named_peers = [Peer(*peer.split("/")) for peer in peers] if scale.peers else []
    return [OURS, *named_peers]


def knobs(records: int, streams: int = 4, **others: object) -> Knobs:
    """Share records among streams, made in the three years before this hour."""
    now = int(time.time()) // 3600 * 3600
    return Knobs(dict.fromkeys(STREAMS[:streams], records // streams), now, seed=SEED, **others)  # type: ignore[arg-type]


def measured(scenario: str, contender: Contender, task: Task, extra: Callable[[Outcome], dict[str, float]]) -> Run:
    """Let a contender read once, from a fresh journal; `extra` adds figures to the common ones."""
    task.provider.forget()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        outcome = contender.read(task, Path(scratch))
        verdict = judge(task.provider.knobs, outcome.stored)
        figures = _figures(task, outcome) | extra(outcome)
    run = Run(scenario, named(contender), figures, why_not(outcome, verdict))
    print(f"  {run.contender}: {run.why_not or 'whole'}, {_brief(figures)}", flush=True)
    return run


def why_not(outcome: Outcome, verdict: Verdict) -> str:
    """Say why a run does not score; nothing where it does."""
    if not outcome.claims_success:
        said = outcome.usage.said.strip().rpartition("\n")[2][:300]
        return f"failed (exit {outcome.usage.code}): {'; '.join(outcome.stored.reported) or said}"
    if verdict.altered:
        return f"altered {verdict.altered} records"
    return "" if verdict.whole else f"lost {verdict.missing} records, invented {verdict.foreign}, and said nothing"


def _figures(task: Task, outcome: Outcome) -> dict[str, float]:
    records, usage = sum(task.streams.values()), outcome.usage
    return {
        "cpu_us_per_record": usage.cpu_seconds / records * 1e6,
        "cpu_seconds": usage.cpu_seconds,
        "wall_seconds": usage.wall_seconds,
        "records_per_second": records / usage.wall_seconds,
        "peak_mib": usage.peak_bytes / 2**20,
        "stored_bytes": float(outcome.stored.bytes),
    }


def _brief(figures: dict[str, float]) -> str:
    wanted = ("cpu_us_per_record", "wall_seconds", "peak_mib", "percent_of_limit", "refused")
    return ", ".join(f"{name} {figures[name]:.1f}" for name in wanted if name in figures)
