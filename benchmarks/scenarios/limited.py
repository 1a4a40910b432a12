"""How much of what the vendor's rate limit allows is used, and is the limit ever broken?"""

from dataclasses import dataclass, replace

from benchmarks.contender import Contender, Outcome, Task
from benchmarks.ours.listbackup import ListBackup
from benchmarks.provider.client import Provider, provider
from benchmarks.provider.vendor import Entry
from benchmarks.results import Row, Run, median_row
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import Found, contenders, knobs, measured

PEERS = ("airbyte/default", "airbyte/budget", "dlt/parallel", "singer/msgspec")
ONE_STREAM_PEERS = ("airbyte/budget", "airbyte/windows", "dlt/parallel", "dlt/windows", "singer/msgspec")
WORKERS = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """A vendor's limit, and how long each answer takes; `share` of the scale's pages are read, by `peers` too."""

    title: str
    rate: float
    latency_seconds: float
    streams: int
    share: float = 1.0
    peers: tuple[str, ...] = PEERS


LIMITS = (
    Limit("10 requests/s, 150 ms, 4 streams", 10, 0.15, 4, share=0.5),
    Limit("50 requests/s, 200 ms, 4 streams", 50, 0.2, 4),
    Limit("50 requests/s, 200 ms, one stream", 50, 0.2, 1, peers=ONE_STREAM_PEERS),
    Limit("50 requests/s, 200 ms, a large stream", 50, 0.2, 1, share=20, peers=()),
)


def limited(scale: Scale) -> Found:
    """Read at three limits; every contender is told the limit as a configuration can tell it."""
    rows: list[Row] = []
    runs: list[Run] = []
    for limit in LIMITS:
        print(f" {limit.title}", flush=True)
        found = _at(limit, scale)
        runs += found
        rows += _rows(limit, found)
    return Found(rows, runs)


def _at(limit: Limit, scale: Scale) -> list[Run]:
    pages = round(scale.limited_pages * limit.share)
    wanted = knobs(pages * 100, limit.streams, rate=limit.rate, burst=limit.rate, latency_seconds=limit.latency_seconds)
    everyone = contenders(scale, *limit.peers)
    with provider(wanted) as vendor:
        return [_read(limit, vendor, one, pages) for one in everyone]


def _read(limit: Limit, vendor: Provider, contender: Contender, pages: int) -> Run:
    if isinstance(contender, ListBackup):
        contender = replace(contender, workers=WORKERS)
    task = Task(vendor, rate=limit.rate, windows=WORKERS)

    def figures(_outcome: Outcome) -> dict[str, float]:
        return used(vendor.journal(), limit.rate, pages)

    return measured(limit.title, contender, task, figures)


def used(journal: list[Entry], rate: float, pages: int) -> dict[str, float]:
    """Compare the pages that had to be read with what the limit allowed from the first request to the last.

    The bucket is full at the start, so `rate` more than the rate times the time; requests beyond the necessary ones
    count as time lost, not as use.
    """
    if not journal:
        return {}
    seconds = journal[-1].at - journal[0].at
    return {
        "percent_of_limit": min(100.0, 100 * pages / (rate + rate * seconds)),
        "window_seconds": seconds,
        "requests": float(len(journal)),
        "refused": float(sum(entry.status == 429 for entry in journal)),
    }


def _rows(limit: Limit, runs: list[Run]) -> list[Row]:
    ours, *peers = dict.fromkeys(run.contender for run in runs)
    rows = []
    for peer in peers or ("",):
        against = f" — {peer}" if peer else ""
        sides = (ours, peer or None)
        rows += [
            median_row(f"share of the limit used: {limit.title}{against}", "percent_of_limit", runs, sides,
                       unit="%", better="higher", bar="ours at least 97"),
            median_row(f"requests refused (429): {limit.title}{against}", "refused", runs, sides,
                       unit="requests", better="lower", bar="ours 0"),
        ]  # fmt: skip
    return rows
