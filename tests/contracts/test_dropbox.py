"""Dropbox's connector against Dropbox's Stone files."""

import json
from functools import cache
from typing import Any

import msgspec
import pytest

from chalicelib.connectors.connector import Request, Stream
from chalicelib.connectors.dropbox import DROPBOX
from chalicelib.connectors.dropbox.oauth import identify, revoke
from tests.contracts.specs import Recorder, needed, requests_of
from tests.contracts.stone import Stone

FOLDER = needed("dropbox")
LINE = json.dumps(
    {
        ".tag": "file",
        "id": "id:x",
        "rev": "a1c10ce0dd78",
        "path_lower": "/x",
        "has_explicit_shared_members": True,
        "is_downloadable": True,
    }
).encode()
EXPORTED = LINE.replace(b'"is_downloadable": true', b'"is_downloadable": false')
RECORDS = {
    "files": "files.FileMetadata",
    "file_revisions": "files.FileMetadata",
    "file_users": "sharing.UserFileMembershipInfo",
    "file_groups": "sharing.GroupMembershipInfo",
    "file_invitees": "sharing.InviteeMembershipInfo",
    "shared_links": "sharing.SharedLinkMetadata",
    "shared_folders": "sharing.SharedFolderMetadata",
    "shared_folder_users": "sharing.UserMembershipInfo",
    "shared_folder_groups": "sharing.GroupMembershipInfo",
    "shared_folder_invitees": "sharing.InviteeMembershipInfo",
    "file_requests": "file_requests.FileRequest",
    "account": "users.FullAccount",
}
READ = {
    "files/list_folder": {"entries", "cursor", "has_more"},
    "files/list_revisions": {"entries", "has_more"},
    "sharing/list_shared_links": {"links", "cursor", "has_more"},
    "sharing/list_folders": {"entries", "cursor"},
    "sharing/list_folder_members": {"users", "groups", "invitees", "cursor"},
    "sharing/list_file_members": {"users", "groups", "invitees", "cursor"},
    "file_requests/list_v2": {"file_requests", "cursor", "has_more"},
    "users/get_current_account": {"account_id", "email", "root_info"},
}


@cache
def stone() -> Stone:
    found = Stone()
    for file in sorted(FOLDER.glob("*.stone")):
        found.load(file)
    return found


def tell(request: Request) -> Any:
    """Answer with one row of each kind, and the first time with more to come."""
    told = request.body or b""
    further = b"cursor" in told or b"before_rev" in told
    row = {".tag": "file", "path_lower": "/x", "rev": "a1c10ce0dd78"}
    lists = {name: [row] for name in ("entries", "links", "users", "groups", "invitees", "file_requests")}
    ends_without = "sharing/list_f" in request.path and further
    cursor = {} if ends_without else {"cursor": "d" if further else "c"}
    return {**lists, **cursor, "has_more": not further, **_account(request)}


def _account(request: Request) -> dict[str, Any]:
    if not request.path.endswith("get_current_account"):
        return {}
    return {"account_id": "dbid:x", "email": "a@example.com", "root_info": {"root_namespace_id": "1"}}


def route_of(request: Request) -> str:
    return request.path.removeprefix("/2/")


def arguments_of(request: Request) -> dict[str, Any]:
    told = request.headers.get("Dropbox-API-Arg") or request.body or b"null"
    return json.loads(told) or {}


def asked(stream: Stream) -> list[Request]:
    requests = requests_of(stream, Recorder(tell), LINE, since="c")
    return [*requests, *([stream.content.locate(Recorder(tell), EXPORTED)] if stream.content else [])]


@pytest.mark.parametrize("stream", DROPBOX.streams, ids=lambda stream: stream.name)
def test_every_request_is_one_that_dropbox_documents(stream: Stream) -> None:
    for request in asked(stream):
        route = stone().routes[route_of(request)]
        arguments = arguments_of(request)
        known = stone().all_fields(route.argument) if arguments else set()
        assert set(arguments) <= known, route_of(request)


@pytest.mark.parametrize("stream", DROPBOX.streams, ids=lambda stream: stream.name)
def test_every_stream_names_the_scopes_its_requests_need(stream: Stream) -> None:
    needed_scopes = {stone().routes[route_of(request)].scope for request in asked(stream)}

    assert needed_scopes <= set(stream.scopes)
    assert needed_scopes <= set(DROPBOX.auth.scopes)


@pytest.mark.parametrize("route", sorted(READ))
def test_what_is_read_of_an_answer_is_in_it(route: str) -> None:
    assert READ[route] <= stone().all_fields(stone().routes[route].result)


@pytest.mark.parametrize("stream", DROPBOX.streams, ids=lambda stream: stream.name)
def test_a_records_key_and_cursor_are_fields_of_it(stream: Stream) -> None:
    fields = stone().all_fields(RECORDS[stream.name])

    assert stream.key.partition(".")[0] in fields
    assert stream.cursor is None or stream.cursor in fields


def test_what_is_read_of_a_file_is_in_its_record() -> None:
    from chalicelib.connectors.dropbox.files import Entry

    wanted = {each.encode_name for each in msgspec.structs.fields(Entry)} - {".tag"}

    assert wanted <= stone().all_fields("files.FileMetadata")


def test_what_is_read_of_an_export_comes_with_it() -> None:
    from chalicelib.connectors.dropbox.files import Exported

    assert stone().routes["files/export"].result.endswith("ExportResult")
    assert {"export_metadata", "file_metadata"} <= stone().all_fields("files.ExportResult")
    assert {each.encode_name for each in msgspec.structs.fields(Exported)} <= stone().all_fields("files.ExportMetadata")


def test_who_authorised_us_is_asked_and_ended_as_documented() -> None:
    recorder = Recorder(tell)

    identify(recorder, {"scope": "account_info.read"})
    ended = revoke({"access_token": "x", "platform_data": {}}, "", "")

    assert {route_of(request) for request in [*recorder.asked, ended]} <= set(stone().routes)
