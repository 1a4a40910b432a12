"""The layer: what requirements.txt names, as wheels for the Lambdas, whatever machine builds it."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from infra.functions import ARCHITECTURE, RUNTIME
from infra.zips import files_under, zipped

# Lambda's Python 3.12 and later stand on Amazon Linux 2023 (glibc 2.34).
_MACHINE = {"arm64": "aarch64", "x86_64": "x86_64"}[ARCHITECTURE]
_PLATFORMS = [f"manylinux{age}_{_MACHINE}" for age in ("_2_34", "_2_28", "_2_17", "2014")]
_LIMIT_BYTES = 250 * 1024 * 1024


def layer(requirements: Path, cache: Path) -> bytes:
    """Build the layer, or give the one built before from the same requirements."""
    key = sha256(requirements.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    kept = cache / f"layer-{RUNTIME}-{ARCHITECTURE}-{key}.zip"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(_packed(_installed(requirements, cache / f"wheels-{key}")))
    return kept.read_bytes()


def _installed(requirements: Path, target: Path) -> Path:
    """Unpack the pinned wheels; only ready-made ones, since this machine cannot compile for that one."""
    version = RUNTIME.removeprefix("python")
    platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
    wheels = [*platforms, "--python-version", version, "--implementation", "cp", "--only-binary=:all:"]
    options = ["--no-deps", "--no-compile", "--upgrade", "--quiet", "--disable-pip-version-check"]
    where = ["--target", str(target), "-r", str(requirements)]
    subprocess.run([sys.executable, "-m", "pip", "install", *wheels, *options, *where], check=True)
    return target


def _packed(installed: Path) -> bytes:
    contents = {f"python/{name}": data for name, data in files_under(installed, ".").items() if _needed(name)}
    size = sum(map(len, contents.values()))
    if size > _LIMIT_BYTES:
        raise ValueError(f"the layer has {size:,} bytes unpacked; Lambda takes {_LIMIT_BYTES:,}")
    return zipped(contents)


def _needed(name: str) -> bool:
    """Leave out commands (they name this machine's Python) and the records that list them."""
    return not name.startswith("bin/") and not name.endswith((".dist-info/RECORD", ".dist-info/direct_url.json"))
