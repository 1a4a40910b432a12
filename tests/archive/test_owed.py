"""What is there and could not be had is told with each snapshot, until something is heard of it."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.archive.manifest import SkippedRef, StreamManifest
from chalicelib.archive.owed import MORE, MOST, owed_by, together
from chalicelib.archive.seal_stream import StreamInput
from tests.archive.vendor import Archive, PageOf, contacts, record

LARGE = SkippedRef("a", "too large", there=True)
REFUSED = SkippedRef("p", "may not be seen", there=True)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive of two contacts, of which one was too large when it changed."""
    archive = Archive(tmp_path)
    archive.back_up({"a": 1, "b": 1})
    archive.seal(contacts(archive.read([PageOf([record("a", 1)])]), skipped=[LARGE]))
    return archive


def owed(archive: Archive, stream: str = "contacts") -> list[SkippedRef]:
    return archive.sealed[-1].manifest.streams[stream].skipped


def lines_of(fragments: list[str], **more: Any) -> StreamInput:
    facts: dict[str, Any] = {"children_of": "contacts", "by_parents": True} | more
    return StreamInput("lines", "complete", "id", fragments, **facts)


def test_a_record_that_nothing_is_heard_of_stays_owed_and_its_snapshot_partial(archive: Archive) -> None:
    sealed = archive.seal(contacts(archive.read([PageOf([record("b", 2)])])))

    assert owed(archive) == [LARGE]
    assert (sealed.manifest.status, sealed.manifest.reasons) == (
        "partial",
        ["contacts: 1 are there that could not be had (too large)"],
    )


@pytest.mark.parametrize(
    "heard",
    [
        PageOf([record("a", 2)]),
        PageOf([record("a", 1)]),
        PageOf(deleted=["a"]),
        PageOf([record("a", 2)], deleted=["a"]),
    ],
    ids=["changed", "as it was", "gone", "gone and back"],
)
def test_a_record_that_is_heard_of_is_owed_no_more(archive: Archive, heard: PageOf) -> None:
    sealed = archive.seal(contacts(archive.read([heard])))

    assert (owed(archive), sealed.manifest.status) == ([], "complete")


@pytest.mark.parametrize("deleted", ["new", "n"], ids=["itself", "a folder above"])
def test_a_record_that_was_never_had_is_owed_until_it_is_reported_gone(archive: Archive, deleted: str) -> None:
    key, gone = ("new", "new") if deleted == "new" else ("n/ew", "n/")
    archive.seal(contacts([], skipped=[SkippedRef(key, "too large", there=True)], settled="all"))
    archive.seal(contacts(archive.read([PageOf(deleted=[gone])])))

    assert owed(archive) == []


def test_a_record_that_cannot_be_had_again_is_told_once(archive: Archive) -> None:
    again = SkippedRef("a", "larger still", there=True)
    archive.seal(contacts(archive.read([PageOf([record("a", 1)])]), skipped=[again]))

    assert owed(archive) == [again]


def test_a_listing_of_everything_settles_what_was_owed(archive: Archive) -> None:
    archive.seal(contacts(archive.read([PageOf([record("b", 1)])]), sweep="none", settled="all"))

    assert owed(archive) == []


def test_what_a_vendor_keeps_to_itself_is_told_by_the_job_that_met_it_alone(archive: Archive) -> None:
    archive.seal(contacts([], skipped=[SkippedRef("c", "not shown")], settled="all"))
    archive.seal(contacts([]))

    assert owed(archive) == []


def test_what_a_stream_owes_outlasts_its_not_being_chosen(archive: Archive) -> None:
    other = archive.seal(StreamInput("other", "complete", "id"))
    archive.seal(contacts([]))

    assert (other.manifest.status, other.manifest.streams["contacts"].status) == ("complete", "not_selected")
    assert owed(archive) == [LARGE]


def test_records_without_a_key_are_owed_until_all_is_listed_again(archive: Archive) -> None:
    archive.seal(contacts(archive.read([PageOf([b'{"value":1}'])]), settled="all"))
    archive.seal(contacts([]))
    kept = owed(archive)
    archive.seal(contacts([], settled="unnamed"))

    assert [(one.key, one.there) for one in kept] == [(None, True)]
    assert owed(archive) == []


def test_a_listing_that_does_not_show_all_leaves_what_has_a_name() -> None:
    kept = StreamManifest(status="complete", key_path="id", skipped=[LARGE, MORE])

    assert [owed_by(kept, settled) for settled in ("none", "unnamed", "all")] == [[LARGE, MORE], [LARGE], []]


def test_children_of_a_parent_that_could_not_be_had_are_owed_until_they_are_read(archive: Archive) -> None:
    archive.seal(contacts([]), lines_of([]))
    first = owed(archive, "lines")
    archive.seal(contacts(archive.read([PageOf([record("a", 1)])])), lines_of([]))
    second = owed(archive, "lines")
    visit = archive.read([PageOf([record("1", 1)], parents="a", visited=["a"])], stream="lines")
    archive.seal(contacts([]), lines_of(visit))

    assert [one.key for one in first + second] == ["a", "a"]
    assert (owed(archive), owed(archive, "lines")) == ([], [])


@pytest.mark.parametrize("gone", [True, False], ids=["parent gone", "parent read"])
def test_what_is_owed_under_a_parent_is_settled_with_it(archive: Archive, gone: bool) -> None:
    under = [SkippedRef("b", "may not be seen", there=True), SkippedRef("b/1", "too large", there=True)]
    archive.seal(contacts([], settled="all"), lines_of([], skipped=under))
    parents = archive.read([PageOf(deleted=["b"])]) if gone else []
    visits = [] if gone else archive.read([PageOf(visited=["b"])], stream="lines")
    archive.seal(contacts(parents), lines_of(visits))

    assert owed(archive, "lines") == []


def test_a_long_list_ends_in_that_there_are_more() -> None:
    many = [SkippedRef(str(number), "too large", there=True) for number in range(MOST + 5)]

    assert together([], many) == [*many[:MOST], MORE]
    assert together(many[:2], many[:2], [REFUSED]) == [*many[:2], REFUSED]
