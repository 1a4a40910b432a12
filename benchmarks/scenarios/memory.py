"""Does memory stay flat, however large a stream is? One stream, read as fast as it comes."""

from benchmarks.contender import Task
from benchmarks.provider.client import provider
from benchmarks.results import median_row
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import OURS, Found, knobs, measured, named


def memory(scale: Scale) -> Found:
    """Back up one large stream in one process."""
    with provider(knobs(scale.stream_records, 1)) as vendor:
        run = measured("large stream", OURS, Task(vendor), lambda _outcome: {})
    title = f"peak memory, one stream of {scale.stream_records:,} records"
    return Found(
        [median_row(title, "peak_mib", [run], (named(OURS), None), unit="MiB", better="lower", bar="under 256")], [run]
    )
