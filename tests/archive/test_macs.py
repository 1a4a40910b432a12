"""A manifest's MAC: no other than the one that was sealed at a place is believed there."""

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.archive.layout import source_root
from chalicelib.archive.macs import has_mac, message_of, put_mac, read_genuine
from chalicelib.archive.manifest import encode_manifest
from chalicelib.archive.rebuild import rebuild
from chalicelib.archive.verify import Finding, Verifier
from chalicelib.errors import DamagedObjectError
from tests.archive.memory import MemoryMacs
from tests.archive.vendor import ROOT, Archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path)
    archive.back_up({"a": 1, "b": 2})
    archive.back_up({"a": 1, "b": 3})
    return archive


def place(archive: Archive) -> str:
    return ROOT + archive.sealed[-1].manifest.key


def verified(archive: Archive, root: str = ROOT) -> list[Finding]:
    """Verify the newest snapshot as whoever could also write the database would have it verified."""
    key = archive.sealed[-1].manifest.key
    written = sha256(archive.objects.get(root + key)).hexdigest()
    verifier = Verifier(archive.objects, archive.macs, archive.cache, root, archive.scratch / "verify")
    return verifier.verify(key, written, lambda _seconds: True).found


def test_a_sealed_manifest_is_genuine_where_it_was_sealed(archive: Archive) -> None:
    assert read_genuine(archive.objects, archive.macs, place(archive)) == archive.sealed[-1]
    assert verified(archive) == []


def test_i5_a_forged_manifest_whose_hashes_are_right_is_refused(archive: Archive) -> None:
    manifest = archive.sealed[-1].manifest
    forged = encode_manifest(replace(manifest, reasons=["nothing is missing"], mac=""))
    archive.objects.bodies[place(archive)] = put_mac(forged, place(archive), MemoryMacs(b"the forger's key"))

    assert [it.what for it in verified(archive)] == ["the manifest does not have the MAC of one that was sealed here"]
    with pytest.raises(DamagedObjectError, match="does not have the MAC"):
        read_genuine(archive.objects, archive.macs, place(archive))


def test_i5_a_manifest_without_a_mac_is_refused(archive: Archive) -> None:
    archive.objects.bodies[place(archive)] = encode_manifest(replace(archive.sealed[-1].manifest, mac=""))

    assert [it.lasting for it in verified(archive)] == [True]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("accounts/acc_2/sources/src_1/", id="account"),
        pytest.param("accounts/acc_1/sources/src_2/", id="source"),
    ],
)
def test_i5_an_archive_copied_to_another_ones_place_is_refused(archive: Archive, other: str) -> None:
    copies = {key.replace(ROOT, other): body for key, body in archive.objects.bodies.items()}
    archive.objects.bodies |= copies

    assert [it.lasting for it in verified(archive, other)] == [True]


def test_i5_an_older_manifest_of_the_same_source_is_refused_in_a_newer_ones_place(archive: Archive) -> None:
    older = archive.objects.bodies[ROOT + archive.sealed[0].manifest.key]
    archive.objects.bodies[place(archive)] = older

    assert [it.lasting for it in verified(archive)] == [True]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_i5_no_bit_of_a_manifest_can_change(archive: Archive, data: st.DataObject) -> None:
    body = bytearray(archive.objects.bodies[place(archive)])
    at, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 7))
    body[at] ^= 1 << bit

    assert not has_mac(bytes(body), place(archive), archive.macs)


def test_i5_indexes_are_not_made_anew_from_a_forged_manifest(archive: Archive, tmp_path: Path) -> None:
    keys = [sealed.manifest.key for sealed in archive.sealed]
    archive.objects.bodies[place(archive)] += b"\n"

    with pytest.raises(DamagedObjectError, match="does not have the MAC"):
        list(rebuild(archive.objects, archive.macs, ROOT, keys, "contacts", tmp_path))


def test_i5_a_seal_does_not_take_a_planted_manifest_for_its_own(archive: Archive) -> None:
    planted = encode_manifest(replace(archive.sealed[-1].manifest, snapshot=archive.snapshot, mac=""))
    archive.objects.bodies[ROOT + archive.order().key] = planted

    with pytest.raises(DamagedObjectError, match="does not have the MAC"):
        archive.back_up({"a": 1})


def test_anybody_can_compute_what_the_mac_is_made_over_with_sed(archive: Archive, tmp_path: Path) -> None:
    stored = tmp_path / "metadata.json"
    stored.write_bytes(archive.objects.bodies[place(archive)])
    empty = encode_manifest(replace(archive.sealed[-1].manifest, mac=""))

    script = """sed -E 's/^  "mac": ".*"$/  "mac": ""/' metadata.json | sha256sum | cut -c1-64"""
    told = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=True, text=True)

    assert message_of(empty, place(archive)).decode().splitlines()[2] == told.stdout.strip()


def test_the_place_names_account_source_and_snapshot(archive: Archive) -> None:
    manifest = archive.sealed[-1].manifest

    assert (
        place(archive)
        == f"{source_root(manifest.account, manifest.source)}2026-11-23/{manifest.snapshot}/metadata.json"
    )
