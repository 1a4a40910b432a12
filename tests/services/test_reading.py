"""Reading a snapshot's records, whatever has been read before."""

from pathlib import Path

import pytest

from chalicelib.archive.blocks import BlockCache
from chalicelib.errors import DamagedObjectError
from chalicelib.services.reading import Archive
from tests.archive.vendor import ROOT
from tests.archive.vendor import Archive as Machine


def test_a_part_that_was_restored_is_read_anew(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.back_up({"k1": 1})
    archive = Archive(machine.objects, machine.cache, BlockCache(machine.objects))
    state = machine.state()
    versions = state.page(1)
    state.close()
    part = next(key for key in machine.objects.bodies if key.endswith("jsonl.zst") and "part-" in key)
    whole = machine.objects.bodies[part]
    machine.objects.bodies[part] = whole[: len(whole) // 2]

    with pytest.raises(DamagedObjectError):
        archive.read(ROOT, versions)
    machine.objects.bodies[part] = whole

    assert [record.version.key for record in archive.read(ROOT, versions)] == ["k1"]
