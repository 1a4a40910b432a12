"""A module that passes 300 lines is hiding two."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ["chalicelib", "processors", "infra", "sandbox", "demo", "benchmarks", "operations"]


def test_no_module_passes_300_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
    }
    assert {path: length for path, length in lengths.items() if length > 300} == {}
