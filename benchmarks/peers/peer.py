"""A peer as a contender: its pipeline in its own environment, and what it left behind."""

import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from benchmarks.contender import Outcome, Stored, Task
from benchmarks.measuring import run
from benchmarks.peers.environments import HERE, python_of


@dataclass(frozen=True, slots=True)
class Peer:
    """One of the other tools, in one configuration."""

    tool: str
    variant: str

    def read(self, task: Task, scratch: Path) -> Outcome:
        """Run its pipeline once."""
        command = self.command(task, scratch)
        return Outcome(run(command, timeout_seconds=task.timeout_seconds), stored(self.tool, task, scratch / "out"))

    def command(self, task: Task, scratch: Path) -> list[str | Path]:
        """Give the command that runs its pipeline, in a place it may have run in before."""
        out = scratch / "out"
        out.mkdir(exist_ok=True)
        (scratch / "task.json").write_text(json.dumps(self._task(task, out)))
        return [python_of(self.tool), HERE / self.tool / "pipeline.py", scratch / "task.json"]

    def _task(self, task: Task, out: Path) -> dict[str, Any]:
        knobs = task.provider.knobs
        stream = next(iter(knobs.streams))
        return {
            "url": task.provider.url,
            "streams": list(knobs.streams),
            "out": str(out),
            "variant": self.variant,
            "page_size": knobs.page_size,
            "rate": task.rate,
            "windows": task.pieces(),
            "sample": json.loads(knobs.shape.record(stream, 0)),
        }


def stored(tool: str, task: Task, out: Path) -> Stored:
    """Read what a peer stored, in the peer's own format."""
    ids: dict[str, list[str]] = {stream: [] for stream in task.streams}
    for stream, record in _READERS[tool](out):
        if stream in ids:
            ids[stream].append(str(record.get("id")))
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file() and "state" not in path.parts)
    return Stored(ids, size)


Records = Iterator[tuple[str, dict[str, Any]]]


def _dlt(out: Path) -> Records:
    for path in (out / "data").rglob("*.jsonl.gz"):
        with gzip.open(path, "rt") as lines:
            yield from ((path.parent.name, record) for record in _parsed(lines))


def _airbyte(out: Path) -> Records:
    path = out / "messages.jsonl.zst"
    if path.exists():
        with path.open("rb") as file:
            coded = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            messages = _parsed(io.TextIOWrapper(coded, errors="replace"))
            yield from ((m["record"]["stream"], m["record"]["data"]) for m in messages if m["type"] == "RECORD")


def _singer(out: Path) -> Records:
    path = out / "messages.jsonl"
    if path.exists():
        with path.open() as lines:
            yield from ((m["stream"], m["record"]) for m in _parsed(lines) if m["type"] == "RECORD")
    for path in (out / "batches").glob("*.json.gz"):
        stream = path.name.split("--")[1].split("-")[0]
        with gzip.open(path, "rt") as lines:
            yield from ((stream, record) for record in _parsed(lines))


def _parsed(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Parse lines up to where a run that was stopped broke off."""
    try:
        for line in lines:
            yield json.loads(line)
    except (json.JSONDecodeError, EOFError, zstandard.ZstdError):
        return


_READERS: dict[str, Callable[[Path], Records]] = {"dlt": _dlt, "airbyte": _airbyte, "singer": _singer}
