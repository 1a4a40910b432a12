"""All scenarios by name, in the order of the table."""

from benchmarks.scenarios.bench import Scenario
from benchmarks.scenarios.bill import bill
from benchmarks.scenarios.browse import browse
from benchmarks.scenarios.crash import crash
from benchmarks.scenarios.faults import faults
from benchmarks.scenarios.imports import imports
from benchmarks.scenarios.incremental import incremental
from benchmarks.scenarios.limited import limited
from benchmarks.scenarios.memory import memory
from benchmarks.scenarios.pipeline import pipeline
from benchmarks.scenarios.throughput import throughput

SCENARIOS: dict[str, Scenario] = {
    "throughput": throughput,
    "pipeline": pipeline,
    "memory": memory,
    "limited": limited,
    "incremental": incremental,
    "crash": crash,
    "faults": faults,
    "browse": browse,
    "bill": bill,
    "imports": imports,
}
