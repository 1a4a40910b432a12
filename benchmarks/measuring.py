"""Run commands and learn what they cost: CPU of the whole process tree, wall time, peak memory."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("launch.py")
ROOT = Path(__file__).resolve().parent.parent
TIMED_OUT = 124


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run cost; `peak_bytes` is that of the largest of its processes. `code` 124 is a run that was stopped."""

    code: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    said: str


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = 900,
    pinned: bool = True,
) -> Usage:
    """Run a command on the client's core (any core where not `pinned`) and wait for it."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "usage.json"
        words = [sys.executable, "-I", "-S", LAUNCHER, report, client_core() if pinned else "-", timeout_seconds]
        finished = subprocess.run(
            [str(word) for word in [*words, *command]],
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=True,
        )
        cost: dict[str, Any] = json.loads(report.read_text())
        return Usage(said=finished.stdout[-20_000:], **cost)


def client_core() -> int:
    """Choose the core that contenders run on; the provider takes the lowest, they take the highest."""
    return max(os.sched_getaffinity(0))
