"""Measure the archive alone on one core: from page bytes to a sealed snapshot with its index, and reading it back.

Run: python -m benchmarks.archive_pipeline [records] [shuffled]. Prints microseconds of CPU per record for each stage,
what an unchanged second backup costs, how fast pages of the snapshot are read, and the peak memory of the process.
"""

import hmac
import json
import random
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec import Raw

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.changes import changes_of
from chalicelib.archive.heads import heads
from chalicelib.archive.layout import snapshot_directory, source_root
from chalicelib.archive.listing import After, Order
from chalicelib.archive.manifest import Sealed
from chalicelib.archive.pages import read_page
from chalicelib.archive.records import read_records
from chalicelib.archive.seal import SealOrder, seal
from chalicelib.archive.seal_stream import StreamInput
from chalicelib.archive.state import State
from chalicelib.archive.store import Slice, store_part
from chalicelib.archive.writer import PartWriter
from chalicelib.errors import MissingObjectError

PAGE = 100
WORDS = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet,",
    "consectetur",
    "adipiscing",
    "elit",
    "sed",
    "do",
    "eiusmod",
    "tempor",
    "incididunt",
    "ut",
    "labore",
]
ROOT = source_root("acc_1", "src_1")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Answer(msgspec.Struct):
    """A vendor's page, as a reader decodes it."""

    data: list[Raw]
    has_more: bool


class LocalMacs:
    """A key in this process; a deployment's is in KMS and costs one request a manifest."""

    def make(self, message: bytes) -> bytes:
        return hmac.digest(b"benchmark", message, "sha256")

    def holds(self, message: bytes, mac: bytes) -> bool:
        return hmac.compare_digest(self.make(message), mac)


class Disk:
    """A bucket in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put_once(self, key: str, body: bytes, *, sha256: str) -> bool:  # noqa: ARG002 (the archive's own protocol)
        path = self.directory / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return True

    def put_file_once(self, key: str, path: Path, *, sha256: str) -> bool:  # noqa: ARG002 (the archive's own protocol)
        shutil.copyfile(path, self.directory / key)
        return True

    def replace_damaged(self, key: str, path: Path, *, sha256: str) -> None:
        self.put_file_once(key, path, sha256=sha256)

    def put(self, key: str, body: bytes) -> None:
        self.put_once(key, body, sha256="")

    def get(self, key: str) -> bytes:
        try:
            return (self.directory / key).read_bytes()
        except FileNotFoundError as error:
            raise MissingObjectError(key) from error

    def get_range(self, key: str, start: int, length: int) -> bytes:
        with (self.directory / key).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def read(self, key: str) -> Iterator[bytes]:
        with (self.directory / key).open("rb") as file:
            while piece := file.read(1 << 20):
                yield piece


def page_of(number: int, *, shuffled: bool) -> bytes:
    """Make a page of customers of about 800 bytes each, the same for the same number."""
    chance = random.Random(number)
    return json.dumps(
        {"data": [customer(number * PAGE + row, chance, shuffled=shuffled) for row in range(PAGE)], "has_more": True},
        separators=(",", ":"),
    ).encode()


def customer(number: int, chance: random.Random, *, shuffled: bool) -> dict[str, object]:
    name = md5(str(number).encode()).hexdigest()[:14] if shuffled else f"{number:014d}"
    return {
        "id": f"cus_{name}", "object": "customer", "created": 1_700_000_000 + number,
        "email": f"user{number}@example.com",
        "name": " ".join(chance.choices(WORDS, k=3)), "description": " ".join(chance.choices(WORDS, k=50)),
        "balance": chance.randint(0, 10**6), "livemode": False, "currency": "usd", "tax_exempt": "none",
        "metadata": {"a": str(chance.random()), "b": md5(str(number).encode()).hexdigest()}, "discount": None,
        "address": {"city": "Berlin", "line1": "Street 1, 2", "postal_code": "10115", "country": "DE"},
        "tags": [1, 2, 3, "x"], "phone": None, "shipping": None, "invoice_prefix": f"{chance.randint(0, 2**32):08X}",
    }  # fmt: skip


class Stopwatch:
    """CPU seconds of this process by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        begun = time.process_time()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - begun

    def report(self, title: str, records: int) -> None:
        print(f"{title}: {sum(self.seconds.values()) / records * 1e6:.2f} us per record")
        for stage, seconds in self.seconds.items():
            print(f"    {stage:<24}{seconds / records * 1e6:6.2f}")


def back_up(
    disk: Disk, cache: IndexCache, scratch: Path, pages: Iterator[bytes], number: int, previous: Sealed | None
) -> tuple[Sealed, Stopwatch]:
    """Back up a listing as a processor does, without the network."""
    watch, head, decoder = Stopwatch(), heads("id", "created"), msgspec.json.Decoder(Answer)
    snapshot = f"snp_{number}"
    place = Slice(ROOT, snapshot_directory(NOW, snapshot), "acc_1", f"job_{number}", "customers", "00")
    state = State.open(disk, cache, ROOT, previous.manifest.streams["customers"].chain if previous else [])
    writer, part, fragments = PartWriter(), 1, []
    for body in pages:
        with watch.on("split"):
            records = decoder.decode(body).data
        with watch.on("heads, lines, hashes"):
            lines = read_page(records, head)
        with watch.on("known"):
            changes = changes_of(lines, state.known(lines.keys))
        with watch.on("frames"):
            writer.add_page(changes)
        if writer.full:
            with watch.on("part and fragment"):
                stored = store_part(disk, disk, place, writer.close(), part)
            fragments.append(stored.fragment)
            writer, part = PartWriter(), part + 1
    fragments.append(store_part(disk, disk, place, writer.close(), part).fragment)
    state.close()
    given = StreamInput("customers", "complete", "id", fragments, cursor_path="created", sweep="all")
    order = SealOrder("acc_1", "src_1", "con_1", "stripe", place.job, snapshot, place.directory, NOW, [given], previous)
    with watch.on("seal"):
        sealed = seal(order, objects=disk, workspace=disk, macs=LocalMacs(), cache=cache, scratch=scratch, now=NOW)
    return sealed, watch


def timed(what: Callable[[], object], times: int) -> tuple[float, float]:
    """Measure the median and the 95th percentile of an action's wall time in milliseconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        what()
        taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def browse(disk: Disk, cache: IndexCache, sealed: Sealed, records: int) -> None:
    chain, chance = sealed.manifest.streams["customers"].chain, random.Random(1)
    orders: tuple[Order, ...] = ("key", "cursor")
    for order in orders:
        state = State.open(disk, cache, ROOT, chain, order)

        def page(state: State = state, order: Order = order) -> object:
            number = chance.randrange(records)
            after = After(f"cus_{number:014d}", 1_700_000_000 + number)
            return read_records(disk, ROOT, state.page(50, after=after, order=order))

        print("a page of 50 by {}: median {:.1f} ms, p95 {:.1f} ms".format(order, *timed(page, 100)))
        state.close()


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    shuffled = "shuffled" in sys.argv
    with TemporaryDirectory() as name:
        directory = Path(name)
        disk, cache, scratch = Disk(directory / "bucket"), IndexCache(directory / "cache"), directory / "scratch"
        sealed: Sealed | None = None
        for number, title in enumerate(("first full backup", "unchanged second backup"), start=1):
            pages = (page_of(page, shuffled=shuffled) for page in range(records // PAGE))
            sealed, watch = back_up(disk, cache, scratch, pages, number, sealed)
            watch.report(title, records)
        assert sealed is not None
        print(
            f"index: {sealed.manifest.streams['customers'].chain[0].size_bytes / records:.1f} bytes per record stored"
        )
        browse(disk, cache, sealed, records)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
