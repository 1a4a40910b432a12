"""How much is measured: the full run, the quick one, and one small enough for a test."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of all scenarios; `peers` False leaves the other tools out."""

    name: str
    runs: int
    records: int
    limited_pages: int
    stream_records: int
    crash_records: int
    kill_at: tuple[int, ...]
    browse_records: int
    browse_pages: int
    bill_records: int
    imports: int
    peers: bool = True


FULL = Scale(
    name="full", runs=5, records=200_000, limited_pages=600, stream_records=500_000, crash_records=40_000,
    kill_at=(10, 30, 50, 70, 90), browse_records=1_000_000, browse_pages=200, bill_records=400_000, imports=7,
)  # fmt: skip
QUICK = Scale(
    name="quick", runs=1, records=12_000, limited_pages=120, stream_records=50_000, crash_records=6_000,
    kill_at=(60,), browse_records=50_000, browse_pages=50, bill_records=20_000, imports=3,
)  # fmt: skip
TINY = Scale(
    name="tiny", runs=1, records=1_000, limited_pages=8, stream_records=1_000, crash_records=400,
    kill_at=(50,), browse_records=500, browse_pages=5, bill_records=400, imports=1, peers=False,
)  # fmt: skip
