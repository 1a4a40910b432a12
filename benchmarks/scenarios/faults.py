"""Does a vendor's fault lose records in silence? The faults of faults.md 1.5, on page 5 of 10, for everyone."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.contender import Task
from benchmarks.provider.client import provider
from benchmarks.provider.faults import Fault, Kind
from benchmarks.results import Row, Run
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import Found, contenders, knobs, measured

PEERS = ("dlt/flat", "airbyte/default", "singer/default")
RECORDS, AT = 1000, 400
TIMEOUT_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Trial:
    """A fault that strikes `times` times (None: whenever the page is asked for)."""

    kind: Kind
    times: int | None


CONTENT: tuple[Kind, ...] = (
    "error_body", "null_list", "empty_body", "html", "truncated_gzip", "truncated_json", "short_body",
)  # fmt: skip
TRIALS = (
    *(Trial(kind, times) for kind in CONTENT for times in (1, None)),
    Trial("status_429", 3), Trial("status_503", 2), Trial("reset", 2), Trial("status_401", None),
    Trial("status_404", None), Trial("repeated_page", 1), Trial("same_cursor", None), Trial("no_id", None),
)  # fmt: skip
FEW = (Trial("error_body", None), Trial("truncated_gzip", 1), Trial("reset", 2), Trial("no_id", None))


def faults(scale: Scale) -> Found:
    """Let everyone meet each fault once."""
    trials = TRIALS if scale.name == "full" else FEW
    runs = [run for trial in trials for run in _met(trial, scale)]
    return Found(_rows(runs), runs)


def _met(trial: Trial, scale: Scale) -> Iterable[Run]:
    title = f"fault {trial.kind} {'for ever' if trial.times is None else f'{trial.times} x'}"
    print(f" {title}", flush=True)
    with provider(knobs(RECORDS, 1, faults=(Fault(trial.kind, AT, trial.times),))) as vendor:
        for contender in contenders(scale, *PEERS):
            task = Task(vendor, timeout_seconds=TIMEOUT_SECONDS)
            run = measured(title, contender, task, lambda _outcome: {})
            if not any(entry.fault for entry in vendor.journal()):
                raise RuntimeError(f"{run.contender} never met the {title}: the trial says nothing")
            late = run.figures["wall_seconds"] >= TIMEOUT_SECONDS
            endless = f"stopped after {TIMEOUT_SECONDS} s" if late else run.why_not
            yield Run(run.scenario, run.contender, run.figures | {"outcome": float(outcome(run))}, endless)


def outcome(run: Run) -> int:
    """Grade a run: 2 all records, 1 a failure that was reported, 0 records lost in silence, -1 no end."""
    if run.figures["wall_seconds"] >= TIMEOUT_SECONDS:
        return -1
    if not run.why_not:
        return 2
    return 1 if run.why_not.startswith("failed") else 0


def _rows(runs: list[Run]) -> list[Row]:
    names = list(dict.fromkeys(run.contender for run in runs))
    counts = {name: _graded(runs, name) for name in names}
    ours, *peers = names
    rows = []
    for peer in peers or ("",):
        against = f" — {peer}" if peer else ""
        for grade, what, bar in (
            (0, "faults in which records were lost and success was claimed", "ours 0"),
            (-1, "faults in which the run did not end", "ours 0"),
            (2, "faults overcome: all records stored", ""),
        ):
            theirs = float(counts[peer].count(grade)) if peer else None
            rows.append(Row(f"{what}, of {len(counts[ours])}{against}", float(counts[ours].count(grade)), theirs, None,
                            "faults", bar))  # fmt: skip
    return rows


def _graded(runs: list[Run], name: str) -> list[int]:
    return [int(run.figures["outcome"]) for run in runs if run.contender == name]
