"""Verifying: no byte of a snapshot can change unnoticed."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.archive.macs import put_mac
from chalicelib.archive.manifest import encode_manifest, sum_up
from chalicelib.archive.publish import Publisher
from chalicelib.archive.records import read_record, read_records
from chalicelib.archive.seal import checksums_text
from chalicelib.archive.verify import Finding, Turn, Verifier
from chalicelib.errors import DamagedObjectError
from tests.archive.memory import MemoryObjects
from tests.archive.vendor import ROOT, Archive, PageOf, contacts, record


def snapshot(scratch: Path) -> Archive:
    """An archive whose newest snapshot has objects of every kind."""
    archive = Archive(scratch)
    archive.back_up({f"k{number}": number for number in range(6)})
    pages = [
        PageOf([record("k1", 9), record("k1", 8), record("n", 1), b"{}"]),
        PageOf([record("k2", 7)], deleted=["k3"]),
    ]
    archive.seal(contacts(archive.read(pages, pages_a_part=1), sweep="all"))
    written = {ref.key.rpartition("/")[2] for ref in archive.sealed[-1].manifest.streams["contacts"].own_objects()}
    assert {name.partition(".")[0].partition("-")[0] for name in written} == {
        "part", "quarantine", "deleted", "index", "merged",
    }  # fmt: skip
    return archive


def findings(archive: Archive) -> list[Finding]:
    sealed = archive.sealed[-1]
    return verifier(archive).verify(sealed.manifest.key, sealed.sha256, lambda _seconds: True).found


def verifier(archive: Archive) -> Verifier:
    return Verifier(archive.objects, archive.macs, archive.cache, ROOT, archive.scratch / "verify")


def own_keys(archive: Archive) -> list[str]:
    manifest = archive.sealed[-1].manifest
    refs = [ref for stream in manifest.streams.values() for ref in stream.own_objects()]
    return [ROOT + key for key in [manifest.key, manifest.checksums.key, *(ref.key for ref in refs)]]


def test_a_snapshot_as_it_was_stored_has_no_findings(tmp_path: Path) -> None:
    assert findings(snapshot(tmp_path)) == []


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_f20_a_flipped_bit_is_found_wherever_it_is(data: st.DataObject) -> None:
    with TemporaryDirectory() as scratch:
        archive = snapshot(Path(scratch))
        key = data.draw(st.sampled_from(own_keys(archive)))
        body = bytearray(archive.objects.bodies[key])
        at, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 7))
        body[at] ^= 1 << bit
        archive.objects.bodies[key] = bytes(body)
        archive.cache.directory.rename(archive.scratch / "cold")

        found = findings(archive)

    assert found
    assert all(it.lasting for it in found)


@pytest.mark.parametrize("number", range(2, 7))
def test_a_missing_object_is_found(tmp_path: Path, number: int) -> None:
    archive = snapshot(tmp_path)
    del archive.objects.bodies[own_keys(archive)[number]]
    archive.cache.directory.rename(tmp_path / "cold")

    assert any(it.lasting for it in findings(archive))


class FlippyOnce(MemoryObjects):
    """A bucket that damages the first reading of each object on the way."""

    def get(self, key: str) -> bytes:
        """Give an object's bytes, the first time with one bit flipped."""
        body, damaged = super().get(key), self.__dict__.setdefault("damaged", set())
        if key in damaged or key.endswith("metadata.json"):
            return body
        damaged.add(key)
        return bytes([body[0] ^ 1]) + body[1:]


def test_f20_damage_on_the_way_is_noted_and_is_no_damage(tmp_path: Path) -> None:
    archive = snapshot(tmp_path)
    archive.objects = FlippyOnce(archive.objects.bodies)

    found = findings(archive)

    assert found
    assert not any(it.lasting for it in found)


@pytest.mark.parametrize(
    "change",
    [
        "start = start + 1",
        "hash = zeroblob(16)",
        "key = 'other'",
        "change = 1 - change",
        "length = length - 1",
        "frame = 9",
    ],
)
def test_an_index_that_has_its_hash_but_says_what_is_not_so_is_found(tmp_path: Path, change: str) -> None:
    archive = snapshot(tmp_path)
    manifest = archive.sealed[-1].manifest
    stream = manifest.streams["contacts"]
    assert stream.index is not None
    path = tmp_path / "forged.sqlite"
    path.write_bytes(archive.cache.fetch(archive.objects, ROOT, stream.index).read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"UPDATE versions SET {change} WHERE key = 'k2'")
    forged = Publisher(archive.objects, ROOT).index(
        manifest.directory, "forged", path, rows=stream.index.rows, since="snp_002", until="snp_002"
    )
    streams = {"contacts": replace(stream, index=forged)}
    text = checksums_text(manifest.directory, streams)
    checksums = Publisher(archive.objects, ROOT).text(manifest.directory, "forged.txt", text)
    totals = sum_up(streams, checksums)
    empty = replace(manifest, streams=streams, checksums=checksums, totals=totals, mac="")
    body = put_mac(encode_manifest(empty), ROOT + manifest.key, archive.macs)
    archive.objects.bodies[ROOT + manifest.key] = body

    found = verifier(archive).verify(manifest.key, sha256(body).hexdigest(), lambda _seconds: True).found

    assert found
    assert {it.object for it in found} <= {forged.key, *(part.key for part in stream.parts)}


class Counting(MemoryObjects):
    """A bucket that counts how often each object is read."""

    def get(self, key: str) -> bytes:
        """Give an object's bytes."""
        self.__dict__.setdefault("reads", Counter())[key] += 1
        return super().get(key)


def many_parts(scratch: Path) -> Archive:
    """An archive whose snapshot has more parts than one turn below takes."""
    archive = Archive(scratch)
    pages = [PageOf([record(f"k{number}", number)]) for number in range(20)]
    archive.seal(contacts(archive.read(pages, pages_a_part=1), sweep="all"))
    archive.objects = Counting(archive.objects.bodies)
    return archive


def turns(archive: Archive) -> Iterator[Turn]:
    """Verify in turns of a few checks each, to the end."""
    sealed, turn = archive.sealed[-1], Turn([], 0, done=False)
    while not turn.done:
        once = iter([True])
        asked = lambda _seconds, once=once: next(once, False)  # noqa: E731  a turn's time
        turn = verifier(archive).verify(sealed.manifest.key, sealed.sha256, asked, turn.checked)
        yield turn


def test_turns_read_every_part_once_and_end_with_all_checks_made(tmp_path: Path) -> None:
    archive = many_parts(tmp_path)

    each = list(turns(archive))

    parts = [ROOT + part.key for part in archive.sealed[-1].manifest.streams["contacts"].parts]
    assert [turn.checked for turn in each] == [2, 10, 18, 23]
    assert [archive.objects.__dict__["reads"][part] for part in parts] == [1] * 20
    assert [turn.found for turn in each] == [[]] * 4


@pytest.mark.parametrize("number", [0, 9, 19])
def test_f20_damage_is_found_by_the_turn_that_reads_it(tmp_path: Path, number: int) -> None:
    archive = many_parts(tmp_path)
    damaged = archive.sealed[-1].manifest.streams["contacts"].parts[number].key
    archive.objects.bodies[ROOT + damaged] = b"rot"

    found = [{finding.object for finding in turn.found if finding.lasting} for turn in turns(archive)]

    assert found == [{damaged} if turn == 1 + number // 8 else set() for turn in range(4)]


def test_a_large_index_is_not_begun_where_there_is_no_time_for_it(tmp_path: Path) -> None:
    archive, asked = many_parts(tmp_path), list[float]()
    sealed = archive.sealed[-1]
    index = sealed.manifest.streams["contacts"].index
    assert index is not None

    def has_time(seconds: float) -> bool:
        asked.append(seconds)
        return True

    verifier(archive).verify(sealed.manifest.key, sealed.sha256, has_time)

    assert asked[1] > index.raw_bytes / 10_000_000 > asked[2] > asked[0] == 0


def test_f20_a_manifest_that_is_gone_is_found(tmp_path: Path) -> None:
    archive = many_parts(tmp_path)
    del archive.objects.bodies[ROOT + archive.sealed[-1].manifest.key]

    (found,) = findings(archive)

    assert found.lasting
    assert found.object == archive.sealed[-1].manifest.key


def test_a_record_whose_bytes_changed_is_not_given_out(tmp_path: Path) -> None:
    archive = snapshot(tmp_path)
    state = archive.state()
    version = state.get("k1")
    assert version is not None
    assert version.place is not None
    key = ROOT + version.place.part
    body = bytearray(archive.objects.bodies[key])
    body[version.place.frame_start + version.place.frame_size // 2] ^= 4
    archive.objects.bodies[key] = bytes(body)

    with pytest.raises(DamagedObjectError):
        read_record(archive.objects, ROOT, version)
    with pytest.raises(DamagedObjectError):
        read_records(archive.objects, ROOT, state.page(10))
    state.close()
