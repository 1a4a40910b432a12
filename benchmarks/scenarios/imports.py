"""How long does a cold start import? A fresh interpreter each time, its files already in the page cache."""

import subprocess
import sys

from benchmarks.measuring import ROOT, client_core
from benchmarks.ours.cloud import Cloud
from benchmarks.results import Run, median_row
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import Found

MODULES = {"app": "under 700", "processors.stripe": "under 400"}
CODE = """
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[2])})
began = time.perf_counter()
__import__(sys.argv[1])
print((time.perf_counter() - began) * 1000)
"""


def imports(scale: Scale) -> Found:
    """Import each module a few times; the first, which warms the disk, does not count."""
    runs = [run for module in MODULES for run in [_imported(module) for _ in range(scale.imports + 1)][1:]]
    rows = [
        median_row(f"cold import of {module}", "milliseconds", runs, (module, None), unit="ms", better="lower", bar=bar)
        for module, bar in MODULES.items()
    ]
    return Found(rows, runs)


def _imported(module: str) -> Run:
    finished = subprocess.run(
        [sys.executable, "-c", CODE, module, str(client_core())],
        cwd=ROOT, env=Cloud("http://127.0.0.1:9").environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if finished.returncode:
        return Run("cold import", module, {}, f"failed: {finished.stderr[-300:]}")
    return Run("cold import", module, {"milliseconds": float(finished.stdout.split()[-1])})
