"""Keeps everything across restarts in one JSON file, replaced as a whole."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from sandbox.clock import Clock
from sandbox.vendor import AnyVendor


def save(path: Path, clock: Clock, vendors: Mapping[str, AnyVendor]) -> None:
    saved = {"clock": clock.now(), "vendors": {name: vendor.dump() for name, vendor in vendors.items()}}
    draft = path.with_name(path.name + ".new")
    draft.parent.mkdir(parents=True, exist_ok=True)
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(saved))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def restore(path: Path, clock: Clock, vendors: Mapping[str, AnyVendor]) -> None:
    """Take up the saved state; without a file everything stays as seeded."""
    if not path.exists():
        return
    saved = msgspec.json.decode(path.read_bytes())
    clock.set(max(clock.now(), saved["clock"]))
    for name, vendor in vendors.items():
        vendor.load(saved["vendors"][name])
