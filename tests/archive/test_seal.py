"""Sealing: what is gone is found, what is missing is said, and a crash at any point leaves nothing half done."""

import subprocess
from errno import ENOSPC
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import zstandard

from chalicelib.archive.manifest import contradictions, decode_manifest
from chalicelib.archive.records import read_records
from chalicelib.archive.seal_stream import StreamInput
from chalicelib.errors import FatalError
from tests.archive.memory import Killed, MemoryObjects
from tests.archive.vendor import ROOT, Archive, PageOf, contacts, record


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def keys(archive: Archive, stream: str = "contacts", snapshot: int = -1) -> list[str]:
    state = archive.state(snapshot, stream)
    found = list(state.live_keys())
    state.close()
    return found


def evidence(archive: Archive, stream: str = "contacts") -> list[bytes]:
    ref = archive.sealed[-1].manifest.streams[stream].deletions
    assert ref is not None
    return zstandard.ZstdDecompressor().stream_reader(archive.objects.get(ROOT + ref.key)).read().splitlines()


def test_what_a_whole_listing_does_not_list_is_gone(archive: Archive) -> None:
    archive.back_up({"a": 1, "b": 1})
    archive.back_up({"b": 1})

    assert keys(archive) == ["b"]
    assert evidence(archive) == [b'{"key":"a","evidence":"sweep","at":"2026-11-23T09:00:00Z"}']


def test_nothing_is_gone_because_a_listing_was_not_whole(archive: Archive) -> None:
    archive.back_up({"a": 1, "b": 1})
    fragments = archive.read([PageOf([record("b", 2)])])
    sealed = archive.seal(contacts(fragments, status="partial", reason="cut off", sweep="none", since=9))

    assert keys(archive) == ["a", "b"]
    assert (sealed.manifest.status, sealed.manifest.reasons) == ("partial", ["contacts is partial: cut off"])
    assert sealed.manifest.streams["contacts"].since is None


def test_only_a_complete_stream_moves_on(archive: Archive) -> None:
    archive.seal(contacts([], since=1))
    archive.seal(contacts([], since=2, status="failed"))

    assert [it.manifest.streams["contacts"].since for it in archive.sealed] == [1, 1]


def test_f2_an_unchanged_source_costs_no_part_and_no_index(archive: Archive) -> None:
    archive.back_up({"a": 1, "b": 1})
    stream = archive.back_up({"a": 1, "b": 1}).manifest.streams["contacts"]

    assert (stream.parts, stream.index, stream.deletions, stream.unchanged) == ([], None, None, 2)


def test_a_reported_deletion_of_a_folder_takes_all_below_it(archive: Archive) -> None:
    archive.back_up({"f": 1, "f/a": 1, "f/b/c": 1, "fa": 1})
    archive.seal(contacts(archive.read([PageOf(deleted=["f/"])]), sweep="none"))

    assert keys(archive) == ["f", "fa"]


def test_a_deletion_of_what_never_was_leaves_no_trace(archive: Archive) -> None:
    archive.back_up({"a": 1})
    stream = archive.seal(contacts(archive.read([PageOf(deleted=["x", "y/"])]), sweep="none")).manifest.streams[
        "contacts"
    ]

    assert (stream.index, stream.deletions, stream.deleted) == (None, None, 0)


@pytest.mark.parametrize("order", list(permutations(["stored", "seen", "gone"])))
@pytest.mark.parametrize("pages_a_part", [1, 3])
def test_of_what_a_run_learnt_about_a_record_the_last_counts(
    archive: Archive, order: tuple[str, ...], pages_a_part: int
) -> None:
    archive.back_up({"a": 1})
    pages = {"stored": PageOf([record("a", 2)]), "seen": PageOf([record("a", 1)]), "gone": PageOf(deleted=["a"])}
    archive.seal(contacts(archive.read([pages[what] for what in order], pages_a_part=pages_a_part)))

    state = archive.state()
    lines = [it.line for it in read_records(archive.objects, ROOT, state.page(9))]
    state.close()
    assert lines == {"stored": [record("a", 2)], "seen": [record("a", 1)], "gone": []}[order[-1]]


def test_what_a_page_both_lists_and_reports_deleted_is_there(archive: Archive) -> None:
    archive.back_up({"a": 1})
    archive.seal(contacts(archive.read([PageOf([record("a", 2)], deleted=["a"])])))

    assert keys(archive) == ["a"]


def lines_of(fragments: list[str], **more: Any) -> StreamInput:
    given: dict[str, Any] = {"name": "lines", "status": "complete", "key_path": "id", "children_of": "contacts"} | more
    return StreamInput(fragments=fragments, **given)


def family(archive: Archive) -> None:
    """Parents `p` and `p/q`, whose keys and whose children's keys begin alike."""
    parents = archive.read([PageOf([record("p", 1), record("p/q", 1)])])
    children = archive.read(
        [
            PageOf([record("1", 1), record("q/9", 1)], parents="p"),
            PageOf([record("1", 1), record("2", 1)], parents="p/q"),
        ],
        stream="lines",
    )  # fmt: skip
    archive.seal(contacts(parents, sweep="all"), lines_of(children[:1], sweep="all"))


def test_children_of_a_visited_parent_that_were_not_listed_are_gone_and_no_others(archive: Archive) -> None:
    family(archive)
    visit = archive.read([PageOf([record("1", 1)], parents="p", visited=["p"])], stream="lines")
    archive.seal(contacts([]), lines_of(visit, sweep="parents"))

    assert keys(archive, "lines") == ["p/1", "p/q/1", "p/q/2"]


def test_children_go_with_their_parent(archive: Archive) -> None:
    family(archive)
    archive.seal(contacts(archive.read([PageOf(deleted=["p/q"])])), lines_of([]))

    assert keys(archive, "lines") == ["p/1", "p/q/9"]
    assert all(b'"evidence":"parent"' in line for line in evidence(archive, "lines"))


def test_a_record_that_is_its_parents_only_one_goes_with_it(archive: Archive) -> None:
    archive.seal(
        contacts(archive.read([PageOf([record("p", 1), record("q", 1)])]), sweep="all"),
        lines_of(
            archive.read([PageOf([record("p", 1), record("q", 1)])], stream="lines"), children_keyed=True, sweep="all"
        ),
    )
    visit = archive.read([PageOf(visited=["q"])], stream="lines")
    archive.seal(contacts(archive.read([PageOf(deleted=["p"])])), lines_of(visit, children_keyed=True, sweep="parents"))

    assert keys(archive, "lines") == []


def test_f35_a_record_listed_twice_counts_once_as_it_was_last(archive: Archive) -> None:
    pages = [PageOf([record("a", 1), record("b", 1)]), PageOf([record("a", 2), record("c", 1)])]
    stream = archive.seal(contacts(archive.read(pages, pages_a_part=1), sweep="all")).manifest.streams["contacts"]

    assert (stream.lines, stream.added, stream.duplicates, stream.superseded, stream.live) == (4, 3, 1, 1, 3)


def test_quarantined_records_are_kept_and_make_the_snapshot_partial(archive: Archive) -> None:
    sealed = archive.seal(contacts(archive.read([PageOf([record("a", 1), b'{"name":"x"}'])]), sweep="all"))
    stream = sealed.manifest.streams["contacts"]

    held = zstandard.ZstdDecompressor().stream_reader(archive.objects.get(ROOT + stream.quarantine[0].key)).read()
    assert held == b'{"reason":"it has no key: id is missing","bytes_base64":"eyJuYW1lIjoieCJ9"}\n'
    assert (sealed.manifest.status, stream.quarantined) == ("partial", 1)
    assert [it.what for it in sealed.manifest.anomalies] == ["quarantine"]


def test_a_stream_left_out_stays_readable(archive: Archive) -> None:
    archive.back_up({"a": 1})
    other = StreamInput(name="other", status="complete", key_path="id")
    sealed = archive.seal(other)

    assert keys(archive) == ["a"]
    assert (sealed.manifest.streams["contacts"].status, sealed.manifest.status) == ("not_selected", "complete")


def test_f46_a_source_that_seems_emptied_is_suspect(archive: Archive) -> None:
    archive.back_up({str(number): 1 for number in range(20)})
    sealed = archive.back_up({})

    assert sealed.manifest.status == "suspect"
    assert [(it.what, it.detail) for it in sealed.manifest.anomalies] == [("emptied", "all 20 records are gone")]


def test_manifests_are_chained_by_their_hashes(archive: Archive) -> None:
    first, second = archive.back_up({"a": 1}), archive.back_up({"a": 2})

    assert second.manifest.previous is not None
    assert second.manifest.previous.sha256 == first.sha256


def test_a_manifest_adds_up(archive: Archive) -> None:
    for world in ({"a": 1, "b": 1}, {"b": 2, "c": 1}, {}):
        assert contradictions(archive.back_up(world).manifest) == []


def test_a_manifest_of_another_format_is_refused(archive: Archive) -> None:
    body = archive.objects.get(ROOT + archive.back_up({"a": 1}).manifest.key)

    with pytest.raises(FatalError, match="listbackup-snapshot/9"):
        decode_manifest(body.replace(b"listbackup-snapshot/1", b"listbackup-snapshot/9"))


def test_plain_tools_read_and_check_a_snapshot(archive: Archive, tmp_path: Path) -> None:
    archive.back_up({"a": 1, "b": 2})
    sealed = archive.back_up({"b": 3})
    for key, body in archive.objects.bodies.items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(body)

    directory = tmp_path / ROOT / sealed.manifest.directory
    checked = subprocess.run(["sha256sum", "-c", "checksums.txt"], cwd=directory, capture_output=True, check=True)
    assert checked.stdout.count(b": OK") == len(sealed.manifest.streams["contacts"].own_objects())


def crash_points(archive: Archive, fragments: list[str]) -> int:
    """Count the writes of a seal that nothing disturbs."""
    writes: list[str] = []
    spare = MemoryObjects(dict(archive.objects.bodies), before=writes.append)
    whole, archive.objects = archive.objects, spare
    archive.attempt(contacts(fragments, sweep="all"))
    archive.objects = whole
    return len(writes)


@pytest.mark.parametrize("when", ["before", "after"])
def test_f3_f4_a_seal_killed_at_any_write_is_completed_by_the_next(archive: Archive, when: str) -> None:
    archive.back_up({"a": 1, "b": 1, "c": 1})
    fragments = archive.read([PageOf([record("b", 2), record("d", 1)])])
    untouched = dict(archive.objects.bodies)
    expected = None
    for point in range(crash_points(archive, fragments)):
        archive.objects.bodies = dict(untouched)
        writes: list[str] = []

        def die(key: str, point: int = point, writes: list[str] = writes) -> None:
            writes.append(key)
            if len(writes) == point + 1:
                raise Killed

        setattr(archive.objects, when, die)
        with pytest.raises(Killed):
            archive.attempt(contacts(fragments, sweep="all"))
        setattr(archive.objects, when, lambda _key: None)
        sealed = archive.attempt(contacts(fragments, sweep="all"))
        expected = expected or archive.objects.bodies
        assert archive.objects.bodies == expected
        assert archive.attempt(contacts(fragments, sweep="all")) == sealed


def test_of_one_stream_nothing_is_left_on_the_disk_when_the_next_is_sealed(archive: Archive) -> None:
    on_disk: list[int] = []
    archive.back_up({"a": 1, "b": 1})
    deals = archive.read([PageOf([record("c", 1)])], stream="deals")
    changed = archive.read([PageOf([record("a", 2)])])
    archive.objects.before = lambda _key: on_disk.append(len(list((archive.scratch / "seal").rglob("*.sqlite"))))
    archive.seal(contacts(changed), contacts(deals, name="deals"))

    assert archive.sealed[-1].manifest.totals.live == 3
    assert max(on_disk) == 1


def test_a_disk_that_is_full_is_cleared_and_the_stream_sealed(archive: Archive) -> None:
    archive.back_up({"a": 1, "b": 1})
    fragments, full = archive.read([PageOf([record("a", 2)])]), [OSError(ENOSPC, "No space left on device")]

    def write(_key: str) -> None:
        if full:
            raise full.pop()

    archive.objects.before = write
    archive.seal(contacts(fragments, sweep="all"))

    assert (full, keys(archive)) == ([], ["a"])


def test_a_second_seal_returns_what_the_first_has_written(archive: Archive) -> None:
    fragments = archive.read([PageOf([record("a", 1)])])
    first = archive.attempt(contacts(fragments, sweep="all"))

    assert archive.attempt(contacts([], sweep="none")) == first


def test_what_an_unfinished_seal_left_under_a_name_is_let_be(archive: Archive) -> None:
    left = f"{ROOT}{archive.directory}/contacts/index.sqlite.zst"
    archive.objects.bodies[left] = b"other bytes"
    index = archive.back_up({"a": 1}).manifest.streams["contacts"].index

    assert index is not None
    assert index.key.endswith("/index-2.sqlite.zst")
    assert archive.objects.bodies[left] == b"other bytes"
    assert keys(archive) == ["a"]
