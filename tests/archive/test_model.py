"""The archive against a dict: whatever happened to the records, every snapshot gives back what there was."""

import json
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.archive.diff import Diff
from chalicelib.archive.history import history
from chalicelib.archive.listing import After
from chalicelib.archive.merge import to_merge
from chalicelib.archive.rebuild import rebuild
from chalicelib.archive.records import read_records
from chalicelib.archive.verify import Verifier
from tests.archive.vendor import ROOT, Archive, PageOf, contacts, record

Records = dict[str, int]

KEYS = st.sampled_from(["a", "a/b", "b", "é", "\U0001f600", "k\x00", "1", "10", "2", "/"]) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3
)
WORLDS = st.lists(st.dictionaries(KEYS, st.integers(0, 3), max_size=12), min_size=1, max_size=8)
PLAIN = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def archived(scratch: str, worlds: list[Records]) -> Archive:
    archive = Archive(Path(scratch))
    for world in worlds:
        archive.back_up(world)
    return archive


def contents(archive: Archive, snapshot: int) -> Records:
    state = archive.state(snapshot)
    found = {it.version.key: it.line for it in read_records(archive.objects, ROOT, list(state.scan()))}
    state.close()
    assert all(line == record(key, json.loads(line)["value"]) for key, line in found.items())
    return {key: json.loads(line)["value"] for key, line in found.items()}


@PLAIN
@given(WORLDS)
def test_every_snapshot_gives_back_what_there_was(worlds: list[Records]) -> None:
    with TemporaryDirectory() as scratch:
        archive = archived(scratch, worlds)

        assert [contents(archive, number) for number in range(len(worlds))] == worlds
        assert [sealed.manifest.totals.live for sealed in archive.sealed] == [len(world) for world in worlds]


@PLAIN
@given(WORLDS, st.data())
def test_the_difference_of_any_two_snapshots_is_the_models(worlds: list[Records], data: st.DataObject) -> None:
    one, other = (data.draw(st.integers(0, len(worlds) - 1)) for _ in range(2))
    with TemporaryDirectory() as scratch:
        archive = archived(scratch, worlds)
        streams = [archive.sealed[number].manifest.streams["contacts"] for number in (one, other)]
        diff = Diff.open(archive.objects, archive.cache, ROOT, *streams)
        found = [(it.key, it.kind) for it in diff.scan()]
        diff.close()

    before, after = worlds[one], worlds[other]
    expected = {key: "removed" for key in before if key not in after}
    expected |= {key: "added" for key in after if key not in before}
    expected |= {key: "changed" for key in before if key in after and before[key] != after[key]}
    assert found == sorted(expected.items())


@PLAIN
@given(WORLDS)
def test_pages_of_any_order_and_direction_are_cuts_of_the_whole(worlds: list[Records]) -> None:
    with TemporaryDirectory() as scratch:
        archive = archived(scratch, worlds)
        for order in ("key", "cursor"):
            state = archive.state(order=order)
            for backwards in (False, True):
                found: list[str] = []
                after = None
                while page := state.page(2, after=after, backwards=backwards, order=order):
                    found += [version.key for version in page]
                    after = After(page[-1].key, page[-1].cursor)
                assert found == sorted(worlds[-1], reverse=backwards)
            state.close()


@PLAIN
@given(WORLDS)
def test_a_records_history_is_its_versions_newest_first(worlds: list[Records]) -> None:
    with TemporaryDirectory() as scratch:
        archive = archived(scratch, worlds)
        state = archive.state()
        for key, value in worlds[-1].items():
            version = state.version(key)
            assert version is not None
            found = history(
                archive.objects, archive.cache, ROOT, "contacts", key, directory=version.directory, limit=99
            )
            lived = [None if it.deleted else it.snapshot for it in found]
            assert lived == expected_history(worlds, key, remembered=len(found))
            assert value == worlds[-1][key]
        state.close()


def expected_history(worlds: list[Records], key: str, remembered: int) -> list[str | None]:
    """The snapshots in which a key changed, newest first, None for a deletion, as many as are remembered."""
    changes: list[str | None] = []
    before = None
    for number, world in enumerate(worlds, start=1):
        if world.get(key) != before:
            changes.append(f"snp_{number:03d}" if key in world else None)
        before = world.get(key)
    first = changes[::-1].index(None) if None in changes else len(changes)
    assert remembered >= first, "only what was before a deletion may be forgotten"
    return changes[::-1][:remembered]


@PLAIN
@given(WORLDS)
def test_what_was_sealed_verifies_and_its_indexes_can_be_made_anew(worlds: list[Records]) -> None:
    with TemporaryDirectory() as scratch:
        archive = archived(scratch, worlds)
        for sealed in archive.sealed:
            verifier = Verifier(archive.objects, archive.macs, archive.cache, ROOT, Path(scratch))
            assert verifier.verify(sealed.manifest.key, sealed.sha256, lambda _seconds: True).found == []

        anew = Path(scratch) / "anew"
        anew.mkdir()
        manifests = [sealed.manifest.key for sealed in archive.sealed]
        for rebuilt in rebuild(archive.objects, archive.macs, ROOT, manifests, "contacts", anew):
            original = archive.cache.fetch(archive.objects, ROOT, rebuilt.ref)
            assert rebuilt.path.read_bytes() == original.read_bytes()


@PLAIN
@given(st.lists(st.integers(1, 40), min_size=1, max_size=40))
def test_a_chain_stays_logarithmic(changes: list[int]) -> None:
    rows: list[int] = []
    for changed in changes:
        rows.append(changed)
        count = to_merge(rows)
        rows[-count:] = [sum(rows[-count:])]
        assert all(older >= 2 * newer for older, newer in pairwise(rows))
        assert len(rows) <= sum(rows).bit_length()


EVENTS = st.lists(
    st.tuples(st.sampled_from(["put", "put", "delete", "delete under"]), st.sampled_from("ab"), st.sampled_from("xyz"),
              st.integers(0, 2)),
    max_size=12,
)  # fmt: skip


GONE_AND_BACK = [
    ([("put", "a", "x", 0), ("put", "a", "z", 1)], 1, 1),
    ([("put", "a", "z", 0), ("put", "b", "x", 0), ("delete", "b", "x", 0), ("delete under", "a", "x", 0),
      ("put", "a", "z", 1)], 1, 1),
]  # fmt: skip


@PLAIN
@example(GONE_AND_BACK)
@given(st.lists(st.tuples(EVENTS, st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=5))
def test_of_a_change_feed_the_last_word_counts(runs: list[tuple[list[tuple[str, str, str, int]], int, int]]) -> None:
    with TemporaryDirectory() as scratch:
        archive = Archive(Path(scratch))
        world: Records = {}
        for events, page_size, pages_a_part in runs:
            pages = []
            for start in range(0, len(events), page_size):
                for what, folder, name, value in events[start : start + page_size]:
                    pages.append(happen(world, what, folder, name, value))
            archive.seal(contacts(archive.read(pages, pages_a_part=pages_a_part), sweep="none"))
            assert contents(archive, -1) == world

        manifests = [sealed.manifest.key for sealed in archive.sealed]
        for sealed in archive.sealed:
            verifier = Verifier(archive.objects, archive.macs, archive.cache, ROOT, Path(scratch))
            assert verifier.verify(sealed.manifest.key, sealed.sha256, lambda _seconds: True).found == []
        anew = Path(scratch) / "anew"
        anew.mkdir()
        for rebuilt in rebuild(archive.objects, archive.macs, ROOT, manifests, "contacts", anew):
            original = archive.cache.fetch(archive.objects, ROOT, rebuilt.ref)
            assert rebuilt.path.read_bytes() == original.read_bytes()


def happen(world: Records, what: str, folder: str, name: str, value: int) -> PageOf:
    """Let something happen to the model, and report it as a page of the feed."""
    key = f"{folder}/{name}"
    if what == "put":
        world[key] = value
        return PageOf([record(key, value)])
    gone = f"{folder}/" if what == "delete under" else key
    for it in [it for it in world if it == key or (what == "delete under" and it.startswith(gone))]:
        del world[it]
    return PageOf(deleted=[gone])
