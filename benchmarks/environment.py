"""Where and with what a run was made."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT
from benchmarks.peers.environments import PEERS, version_of
from benchmarks.scale import Scale
from benchmarks.scenarios.bench import SEED

OURS = ("msgspec", "zstandard", "requests", "boto3", "pynamodb", "ministack")


def environment(scale: Scale) -> dict[str, Any]:
    """Describe machine, versions, sizes and seed."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _said("git", "rev-parse", "--short", "HEAD"),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "ours": [f"{name}=={version(name)}" for name in OURS],
        "peers": [version_of(peer) for peer in PEERS],
        "scale": {name: getattr(scale, name) for name in Scale.__slots__},
        "seed": SEED,
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
