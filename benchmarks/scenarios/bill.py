"""What would AWS bill for a million records? The calls a backup made, counted at the edge, times list prices.

Prices of us-east-1 from performance.md 4, in dollars per call or unit. Storage is not in it.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contender import Outcome, Task
from benchmarks.correctness import judge
from benchmarks.ours.counting import Counted, counting
from benchmarks.ours.listbackup import source
from benchmarks.provider.client import provider
from benchmarks.results import Row, Run, rounded
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import OURS, Found, knobs, named, why_not
from infra.functions import LEAST_DISK_MIB, Function
from infra.processors import processors
from infra.steps import steps

LATENCY_SECONDS = 0.1
STRIPES_RATE = 100  # requests a second; the vendor does not insist on it here
WORKERS = 10
MILLION = 1_000_000
S3_WRITE, S3_READ = 5e-6, 0.4e-6
WRITE_UNIT, READ_UNIT = 0.625e-6, 0.125e-6
SECRET_CALL, KEY_CALL, EVENT, TRANSITION = 5e-6, 3e-6, 1e-6, 25e-6
LAMBDA_GB_SECOND, DISK_GB_SECOND, LAMBDA_CALL = 1.33334e-5, 3.09e-8, 0.2e-6


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars of one run, by service."""

    s3: float
    dynamodb: float
    secrets: float
    events: float
    step_functions: float
    functions: float

    @property
    def total(self) -> float:
        """Add it all up."""
        return self.s3 + self.dynamodb + self.secrets + self.events + self.step_functions + self.functions


def bill(scale: Scale) -> Found:
    """Back up a small and a larger source; what a million records cost lies on the line through the two."""
    sizes = (scale.bill_records // 4, scale.bill_records)
    runs = [_billed(records) for records in sizes]
    why = next((run.why_not for run in runs if run.why_not), "")
    few, many = (run.figures["dollars total"] for run in runs)
    each = (many - few) / (sizes[1] - sizes[0])
    dollars = None if why else rounded(many + each * (MILLION - sizes[1]))
    fixed = None if why else rounded(few - each * sizes[0])
    rows = [
        Row("AWS bill of one million records in one backup, without storage", dollars, None, None, "$", "at most 0.01"),
        Row("AWS bill of a backup of next to nothing, four streams", fixed, None, None, "$"),
    ]
    return Found(rows, runs)


def _billed(records: int) -> Run:
    """Back up through a counting proxy, from a vendor that takes 100 ms to answer."""
    wanted = knobs(records, latency_seconds=LATENCY_SECONDS)
    with (
        provider(wanted) as vendor,
        tempfile.TemporaryDirectory(prefix="bench-") as scratch,
        source(Task(vendor), Path(scratch)) as plain,
        counting(plain.cloud.endpoint) as counted,
    ):
        ours = plain.through(counted.endpoint)
        outcome = ours.back_up(ours.new_job(), Task(vendor, rate=STRIPES_RATE), workers=WORKERS)
    why = why_not(outcome, judge(wanted, outcome.stored))
    run = Run(f"{records:,} records", named(OURS), _figures(counted, outcome), why)
    print(f"  {run.why_not or 'whole'}, {run.figures}", flush=True)
    return run


def _figures(counted: Counted, outcome: Outcome) -> dict[str, float]:
    owed = priced(counted, outcome)
    calls = {f"calls {name}": float(count) for name, count in sorted(counted.names().items())}
    parts = {f"dollars {name}": getattr(owed, name) for name in Bill.__slots__}
    return (
        calls
        | parts
        | {
            "transitions": float(outcome.extra.get("transitions", 0)),
            "lambda_gb_seconds": gigabyte_seconds(outcome),
            "disk_gb_seconds": disk_gigabyte_seconds(outcome),
            "dollars total": owed.total,
        }
    )


def priced(counted: Counted, outcome: Outcome) -> Bill:
    """Price the calls of one run."""
    names = counted.names()
    reads = names["S3.GET"] + names["S3.HEAD"]
    writes = sum(count for name, count in names.items() if name.startswith("S3.")) - reads - names["S3.DELETE"]
    secrets = sum(count for name, count in names.items() if name.startswith("secretsmanager."))
    return Bill(
        s3=writes * S3_WRITE + reads * S3_READ,
        dynamodb=counted.units(reading=False) * WRITE_UNIT + counted.units(reading=True) * READ_UNIT,
        secrets=secrets * (SECRET_CALL + KEY_CALL),
        events=names["AWSEvents.PutEvents"] * EVENT,
        step_functions=outcome.extra.get("transitions", 0) * TRANSITION,
        functions=gigabyte_seconds(outcome) * LAMBDA_GB_SECOND
        + disk_gigabyte_seconds(outcome) * DISK_GB_SECOND
        + len(outcome.extra.get("calls", ())) * LAMBDA_CALL,
    )


def gigabyte_seconds(outcome: Outcome) -> float:
    """Add up the measured seconds of every handler's call, at the memory its function is deployed with."""
    return _seconds_by(outcome, lambda function: function.memory_mib)


def disk_gigabyte_seconds(outcome: Outcome) -> float:
    """Add up the same at the disk each function has beyond what comes with it."""
    return _seconds_by(outcome, lambda function: function.disk_mib - LEAST_DISK_MIB)


def _seconds_by(outcome: Outcome, size_mib: Callable[[Function], int]) -> float:
    sizes = {function.module: size_mib(function) for function in [*steps(), *processors()]}
    return float(sum(call["seconds"] * sizes[call["name"]] / 1024 for call in outcome.extra.get("calls", ())))
