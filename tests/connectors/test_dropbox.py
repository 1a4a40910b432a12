"""Dropbox's oddities: a feed to be applied in order, resets, revisions, unions of errors."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connectors.connector import Answer, Page, Parent, Promised, Reading, Request
from chalicelib.connectors.dropbox import DROPBOX, headers
from chalicelib.connectors.dropbox.errors import ResetError, refusal
from chalicelib.connectors.dropbox.files import CONTENT
from chalicelib.connectors.refusals import MissingError
from chalicelib.errors import (
    BackupError,
    FatalError,
    ForbiddenStreamError,
    ReauthorizeError,
    RetryableError,
    SkippableError,
)
from tests.connectors.reading import changes_of, pages

AT = datetime(2026, 1, 2, tzinfo=UTC)
FILES = DROPBOX.stream("files")


class Dropbox:
    """Tells one listing after the other; an error in place of one is raised."""

    def __init__(self, *listings: Any) -> None:
        self.listings = list(listings)
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append((request.path.removeprefix("/2/files/"), json.loads(request.body)))
        told = self.listings.pop(0)
        if isinstance(told, Exception):
            raise told
        return Answer(json.dumps(told).encode(), AT, {})


def listing(*entries: dict[str, Any], cursor: str = "c", more: bool = False) -> dict[str, Any]:
    return {"entries": list(entries), "cursor": cursor, "has_more": more}


def entry(tag: str, path: str) -> dict[str, Any]:
    return {".tag": tag, "path_lower": path, **({} if tag == "deleted" else {"id": f"id:{path}"})}


def test_the_listings_own_cursor_is_where_the_feed_begins() -> None:
    (page,) = pages(FILES.full, Dropbox(listing(entry("file", "/a"), cursor="later")), Reading())

    assert page.since == "later"


def test_a_deleted_entry_stands_for_all_that_is_below_it() -> None:
    (page,) = pages(changes_of(FILES), Dropbox(listing(entry("deleted", "/old"))), Reading(since="c0"))

    assert list(page.deleted) == ["/old/", "/old"]


def test_a_file_that_is_renamed_in_case_only_stays() -> None:
    feed = Dropbox(listing(entry("deleted", "/a.txt"), entry("file", "/a.txt")))

    (page,) = pages(changes_of(FILES), feed, Reading(since="c0"))

    assert len(page.records) == 1


tags = st.sampled_from(["file", "folder", "deleted"])
paths = st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


def as_documented(state: dict[str, str], entries: list[tuple[str, str]]) -> dict[str, str]:
    """Apply entries as the documentation of list_folder says, one after the other."""
    for tag, path in entries:
        if tag != "folder":
            for known in [known for known in state if known.startswith(path + "/")]:
                del state[known]
        if tag == "deleted":
            state.pop(path, None)
        else:
            state[path] = tag
    return state


def as_the_engine_does(state: dict[str, str], page: Page) -> dict[str, str]:
    for gone in page.deleted:
        for known in [known for known in state if known == gone or (gone.endswith("/") and known.startswith(gone))]:
            del state[known]
    for record in page.records:
        told = json.loads(bytes(record))
        state[told["path_lower"]] = told[".tag"]
    return state


@given(
    st.dictionaries(paths, st.sampled_from(["file", "folder"])), st.lists(st.lists(st.tuples(tags, paths)), max_size=4)
)
def test_the_feed_comes_to_the_same_as_applying_its_entries_in_order(
    before: dict[str, str], told: list[list[tuple[str, str]]]
) -> None:
    listings = [
        listing(*(entry(tag, path) for tag, path in entries), cursor=f"c{n}", more=n + 1 < len(told))
        for n, entries in enumerate(told)
    ] or [listing()]
    wanted, found = dict(before), dict(before)
    for entries in told:
        wanted = as_documented(wanted, entries)

    for page in pages(changes_of(FILES), Dropbox(*listings), Reading(since="start")):
        found = as_the_engine_does(found, page)

    assert found == wanted


def test_f39_a_reset_begins_a_full_listing_and_says_so() -> None:
    feed = Dropbox(
        ResetError("reset"),
        listing(entry("file", "/a"), cursor="n1", more=True),
        listing(entry("file", "/b"), cursor="n2"),
    )

    read = list(pages(changes_of(FILES), feed, Reading(since="old")))

    assert [path for path, _ in feed.asked] == ["list_folder/continue", "list_folder", "list_folder/continue"]
    assert all(page.reset for page in read)
    assert read[-1].since == "n2"


def test_f39_a_listing_whose_cursor_is_lost_begins_anew_and_takes_back_what_it_had() -> None:
    feed = Dropbox(
        listing(entry("file", "/a"), cursor="n1", more=True),
        ResetError("reset"),
        listing(entry("file", "/b"), cursor="n2", more=True),
        listing(entry("file", "/c"), cursor="n3"),
    )

    read = list(pages(FILES.full, feed, Reading()))

    assert [list(page.deleted) for page in read] == [[], ["/"], [], []]
    assert (len(feed.asked), read[-1].since) == (4, "n3")


@pytest.mark.parametrize("begun", [[], [listing(entry("file", "/a"), cursor="f1", more=True)]], ids=["first", "later"])
def test_f39_a_feed_that_is_lost_at_any_page_takes_back_what_it_had(begun: list[dict[str, Any]]) -> None:
    feed = Dropbox(*begun, ResetError("reset"), listing(entry("file", "/b"), cursor="n2"))

    read = list(pages(changes_of(FILES), feed, Reading(since="old")))

    assert [(list(page.deleted), page.reset) for page in read[len(begun) :]] == [(["/"], True), ([], True)]


def test_f39_a_cursor_that_is_lost_again_and_again_is_an_error() -> None:
    lost = [listing(entry("file", "/a"), cursor="n1", more=True), ResetError("reset")]

    with pytest.raises(FatalError, match="forgot the place"):
        list(pages(FILES.full, Dropbox(*lost * 9), Reading()))


LISTS = {
    "shared_links": ({"links": [{}], "has_more": True, "cursor": "n1"}, {"links": [{}], "has_more": False}),
    "shared_folders": ({"entries": [{}], "cursor": "n1"}, {"entries": [{}]}),
    "file_requests": tuple({"file_requests": [{}], "has_more": more, "cursor": "n1"} for more in (True, False)),
    "shared_folder_users": tuple(
        {"users": [{}], "groups": [], "invitees": []} | more for more in ({"cursor": "n1"}, {})
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_f39_a_list_whose_cursor_is_lost_begins_anew(name: str) -> None:
    first, last = LISTS[name]
    feed = Dropbox(first, ResetError("invalid_cursor"), first, last)

    read = list(pages(DROPBOX.stream(name).full, feed, Reading(parents=[Parent("84528192421", b"{}")])))

    assert [len(page.records) for page in read] == [1, 0, 1, 1]
    assert [("cursor" in arguments) for _, arguments in feed.asked] == [False, True, False, True]


def test_everything_is_listed_mounted_and_not_downloadable_too() -> None:
    feed = Dropbox(listing())

    list(pages(FILES.full, feed, Reading()))

    asked = feed.asked[0][1]
    assert (asked["path"], asked["recursive"], asked["include_mounted_folders"]) == ("", True, True)
    assert asked["include_non_downloadable_files"]


def file_line(**more: Any) -> bytes:
    return json.dumps({".tag": "file", "id": "id:1", "rev": "a1c10ce0dd78", "path_lower": "/ä.txt", **more}).encode()


def test_a_file_is_fetched_by_the_revision_that_was_listed() -> None:
    line = file_line(content_hash="abc", size=3)

    request = CONTENT.locate(Dropbox(), line)

    assert request.headers["Dropbox-API-Arg"] == '{"path": "rev:a1c10ce0dd78"}'
    assert (CONTENT.fingerprint(line), CONTENT.expected(line), CONTENT.size(line)) == ("abc", "abc", 3)


def test_a_file_that_cannot_be_downloaded_is_exported() -> None:
    line = file_line(is_downloadable=False, content_hash="abc")

    assert CONTENT.locate(Dropbox(), line).path == "/2/files/export"
    assert (CONTENT.fingerprint(line), CONTENT.expected(line)) == ("id:1@a1c10ce0dd78", None)


def exported(**told: Any) -> dict[str, str]:
    """Give the header of an export, of the revision that was listed unless told otherwise."""
    result = {"export_metadata": {"name": "ä.md", "size": 9}, "file_metadata": {"rev": "a1c10ce0dd78"}} | told
    return {"Dropbox-API-Result": json.dumps(result)}


def test_what_is_known_of_an_export_is_what_comes_with_it() -> None:
    line, hashed = file_line(is_downloadable=False), {"size": 9, "export_hash": "abc"}

    assert CONTENT.promised(exported(export_metadata=hashed), line) == Promised(9, "abc")
    assert CONTENT.promised(exported(), line) == Promised(9)
    assert CONTENT.promised({}, file_line(content_hash="abc", size=3)) == Promised()


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (exported(file_metadata={"rev": "b2c10ce0dd78"}), "of revision b2c10ce0dd78, not of a1c10ce0dd78"),
        ({}, "does not say of which revision"),
        ({"Dropbox-API-Result": "{"}, "does not say of which revision"),
    ],
)
def test_f50_an_export_of_another_revision_than_was_listed_is_not_that_revisions(
    headers: dict[str, str], told: str
) -> None:
    assert told in CONTENT.promised(headers, file_line(is_downloadable=False)).not_these


def test_a_folder_has_no_contents_and_no_revisions() -> None:
    line = b'{".tag":"folder","id":"id:2","path_lower":"/f"}'

    page = DROPBOX.stream("file_revisions").full(Dropbox(), Reading(parents=[Parent("/f", line)]), None)

    assert (CONTENT.fingerprint(line), list(page.records), page.next) == (None, [], None)


def test_more_than_a_hundred_revisions_are_read_by_path() -> None:
    first = {"entries": [{"rev": "b2c10ce0dd78"}], "has_more": True}
    feed = Dropbox(first, {"entries": [{"rev": "a1c10ce0dd78"}], "has_more": False})
    reading = Reading(parents=[Parent("/ä.txt", file_line())])

    read = list(pages(DROPBOX.stream("file_revisions").full, feed, reading))

    assert [len(page.records) for page in read] == [1, 1]
    assert feed.asked[0][1] == {"path": "id:1", "mode": "id", "limit": 100}
    assert feed.asked[1][1] == {"path": "/ä.txt", "mode": "path", "limit": 100, "before_rev": "b2c10ce0dd78"}


def test_members_are_asked_for_only_of_files_that_have_some() -> None:
    alone, shared = file_line(), file_line(has_explicit_shared_members=True)
    users = {"users": [{"user": {"account_id": "dbid:1"}}], "groups": [], "invitees": []}
    stream = DROPBOX.stream("file_users")

    assert not stream.full(Dropbox(), Reading(parents=[Parent("/a", alone)]), None).records
    assert len(stream.full(Dropbox(users), Reading(parents=[Parent("/a", shared)]), None).records) == 1


def refused(status: int, summary: str, **error: Any) -> BackupError | None:
    return refusal(status, {}, json.dumps({"error_summary": summary, "error": error}).encode())


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (refused(409, "path/not_found/.."), MissingError),
        (refused(409, "path/restricted_content/"), SkippableError),
        (refused(409, "unsupported_file/.."), SkippableError),
        (refused(409, "reset/..."), ResetError),
        (refused(409, "invalid_cursor/.."), ResetError),
        (refused(409, "too_many_write_operations/"), RetryableError),
        (refused(409, "unmounted/.."), SkippableError),
        (refused(409, "not_a_member/.."), SkippableError),
        (refused(409, "invalid_member/.."), SkippableError),
        (refused(409, "access_error/no_permission/"), SkippableError),
        (refused(409, "access_error/invalid_file/.."), SkippableError),
        (refused(409, "access_error/inside_osx_package/"), SkippableError),
        (refused(409, "access_error/unmounted/.."), SkippableError),
        (refused(409, "access_error/email_unverified/"), ForbiddenStreamError),
        (refused(409, "user_error/email_unverified/"), ForbiddenStreamError),
        (refused(409, "path/malformed_path/"), FatalError),
        (refusal(409, {}, b"gateway says no"), FatalError),
        (refused(401, "missing_scope/..", required_scope="sharing.read"), ForbiddenStreamError),
        (refused(401, "user_suspended/"), ReauthorizeError),
        (refused(401, "expired_access_token/..."), type(None)),
        (refused(422, "invalid_root/.."), ReauthorizeError),
        (refused(429, "too_many_requests/..", retry_after=7), RetryableError),
        (refusal(429, {}, b"slow down"), RetryableError),
        (refusal(400, {}, b"Error in call to API function"), type(None)),
    ],
)
def test_an_error_answer_is_understood(found: BackupError | None, error: type[BaseException]) -> None:
    assert type(found) is error


def test_the_wait_may_stand_in_the_body() -> None:
    told = refused(429, "too_many_requests/..", retry_after=7)

    assert isinstance(told, RetryableError)
    assert told.after_seconds == 7


def test_the_missing_scope_is_named() -> None:
    assert "sharing.read" in str(refused(401, "missing_scope/..", required_scope="sharing.read"))


def test_a_team_members_space_is_seen_through_its_root() -> None:
    told = headers({"access_token": "x", "platform_data": {"root_namespace_id": "3235641"}})

    assert json.loads(told["Dropbox-API-Path-Root"]) == {".tag": "root", "root": "3235641"}
    assert "Dropbox-API-Path-Root" not in headers({"access_token": "x", "platform_data": {}})
