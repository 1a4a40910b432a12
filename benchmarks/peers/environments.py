"""The peers' virtual environments, made once from their exact requirements, from PyPI only."""

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PLACE = HERE.parent.parent / ".local" / "bench"
PEERS = ("dlt", "airbyte", "singer")


def python_of(peer: str) -> Path:
    """Give the peer's interpreter, making its environment first where it is absent or its pins have changed."""
    pins = HERE / peer / "requirements.txt"
    place, mark = PLACE / peer, PLACE / f"{peer}.pins"
    wanted = hashlib.sha256(pins.read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != wanted:
        print(f"making the environment of {peer} in {place}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        subprocess.run([place / "bin/python", "-m", "pip", "install", "-q", "--no-deps", "-r", pins], check=True)
        mark.write_text(wanted)
    return place / "bin" / "python"


def version_of(peer: str) -> str:
    """Read the pinned version of the peer itself."""
    package = {"dlt": "dlt", "airbyte": "airbyte-cdk", "singer": "singer-sdk"}[peer]
    for line in (HERE / peer / "requirements.txt").read_text().splitlines():
        if line.startswith(f"{package}=="):
            return line
    raise LookupError(f"{peer}'s requirements do not pin {package}")
