"""Rebuilding: whatever becomes of the indexes, the parts are enough."""

from pathlib import Path

import pytest

from chalicelib.archive.rebuild import rebuild, restore_index
from chalicelib.archive.verify import Verifier
from chalicelib.errors import DamagedObjectError
from tests.archive.vendor import ROOT, Archive, PageOf, contacts, record


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Three snapshots with everything in them: changes, deletions, reversals, duplicates, a merged index."""
    archive = Archive(tmp_path / "machine")
    archive.back_up({f"k{number}": number for number in range(6)})
    pages = [
        PageOf([record("k1", 9), record("n/1", 1)]),
        PageOf([record("k1", 1), record("k2", 7)], deleted=["k3", "n/"]),
        PageOf([record("k3", 3), record("k2", 8)]),
    ]
    archive.seal(contacts(archive.read(pages, pages_a_part=1)))
    archive.back_up({f"k{number}": 5 for number in range(3)})
    return archive


def index_keys(archive: Archive) -> list[str]:
    return [key for key in archive.objects.bodies if key.endswith(".sqlite.zst")]


def test_lost_indexes_are_made_anew_and_put_back(archive: Archive, tmp_path: Path) -> None:
    lost = {key: archive.objects.bodies.pop(key) for key in index_keys(archive)}
    manifests = [sealed.manifest.key for sealed in archive.sealed]

    for rebuilt in rebuild(archive.objects, archive.macs, ROOT, manifests, "contacts", tmp_path):
        assert restore_index(archive.objects, ROOT, rebuilt)

    assert {key: archive.objects.bodies[key] for key in index_keys(archive)} == lost
    archive.cache.directory.rename(tmp_path / "cold")
    for sealed in archive.sealed:
        verifier = Verifier(archive.objects, archive.macs, archive.cache, ROOT, tmp_path / "v")
        assert verifier.verify(sealed.manifest.key, sealed.sha256, lambda _seconds: True).found == []


def test_a_damaged_index_is_not_replaced_behind_anybodys_back(archive: Archive, tmp_path: Path) -> None:
    key = index_keys(archive)[0]
    archive.objects.bodies[key] = b"damaged"
    rebuilt = next(rebuild(archive.objects, archive.macs, ROOT, [archive.sealed[0].manifest.key], "contacts", tmp_path))

    assert not restore_index(archive.objects, ROOT, rebuilt)
    assert archive.objects.bodies[key] == b"damaged"


def test_a_missing_manifest_is_noticed(archive: Archive, tmp_path: Path) -> None:
    archive.back_up({"k0": 0, "k1": 1, "k2": 5})
    manifests = [archive.sealed[number].manifest.key for number in (0, 3)]

    with pytest.raises(DamagedObjectError, match="a manifest is missing in between"):
        list(rebuild(archive.objects, archive.macs, ROOT, manifests, "contacts", tmp_path))


def test_a_rebuild_that_a_damaged_part_ends_leaves_no_work_file(archive: Archive, tmp_path: Path) -> None:
    part = next(key for key in archive.objects.bodies if "part-" in key)
    archive.objects.bodies[part] = b"damaged"
    manifests = [sealed.manifest.key for sealed in archive.sealed]

    with pytest.raises(DamagedObjectError):
        list(rebuild(archive.objects, archive.macs, ROOT, manifests, "contacts", tmp_path))

    assert list(tmp_path.rglob("*.work")) == []
