"""How many records a second does one core take from a page's bytes to a sealed snapshot, without the network?"""

import re
import sys

from benchmarks.measuring import run
from benchmarks.results import Run, median_row
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import OURS, Found, named

SAYS = re.compile(r"first full backup: ([0-9.]+) us per record")


def pipeline(scale: Scale) -> Found:
    """Run `benchmarks.archive_pipeline`, which seals a listing of pages made beforehand, a few times."""
    runs = [_sealed(scale.records) for _ in range(scale.runs)]
    row = median_row(
        "records per second, page to sealed snapshot without the network", "records_per_second", runs,
        (named(OURS), None), unit="records/s", better="higher", bar="at least 150,000",
    )  # fmt: skip
    return Found([row], runs)


def _sealed(records: int) -> Run:
    usage = run([sys.executable, "-m", "benchmarks.archive_pipeline", str(records)])
    said = SAYS.search(usage.said)
    if usage.code or said is None:
        return Run("pipeline", named(OURS), {}, f"failed (exit {usage.code}): {usage.said[-300:]}")
    figures = {"records_per_second": 1e6 / float(said[1]), "peak_mib": usage.peak_bytes / 2**20}
    print(f"  {figures}", flush=True)
    return Run("pipeline", named(OURS), figures)
