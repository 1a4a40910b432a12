import json

import requests

from sandbox import Sandbox
from sandbox.dropbox.hashing import content_hash
from tests.sandbox.conftest import Control, DropboxVendor


def test_a_recursive_listing_gives_everything_parents_first(dropbox: DropboxVendor) -> None:
    entries, _ = dropbox.listing(limit=50)

    seen = {""}
    for entry in entries:
        assert entry["path_lower"].rpartition("/")[0] in seen
        seen.add(entry["path_lower"])
    assert {entry["id"]: entry for entry in entries} == {
        key: json.loads(record) for key, record in dropbox.oracle("entries").items()
    }


def test_a_flat_listing_stays_in_its_folder(dropbox: DropboxVendor) -> None:
    entries = dropbox.call("files/list_folder", path="/Team 0000").json()["entries"]

    assert {entry[".tag"] for entry in entries} == {"folder"}
    assert all(entry["path_lower"].count("/") == 2 for entry in entries)


def test_the_cursor_of_a_listing_tells_later_changes(dropbox: DropboxVendor) -> None:
    _, cursor = dropbox.listing()

    dropbox.content("files/upload", b"one", path="/New/a.txt")
    changes, cursor = dropbox.changes(cursor)
    dropbox.call("files/delete_v2", path="/New")

    assert changes == [("folder", "/New"), ("file", "/New/a.txt")]
    assert dropbox.changes(cursor)[0] == [("deleted", "/New")]


def test_a_change_during_the_listing_is_told_after_it(dropbox: DropboxVendor) -> None:
    page = dropbox.call("files/list_folder", path="", recursive=True, limit=20).json()
    dropbox.content("files/upload", b"one", path="/A/first.txt")

    entries = page["entries"]
    while page["has_more"]:
        page = dropbox.call("files/list_folder/continue", cursor=page["cursor"]).json()
        entries += page["entries"]

    assert "/a/first.txt" in {entry["path_lower"] for entry in entries}


def test_a_move_is_a_deletion_and_the_same_id_elsewhere(dropbox: DropboxVendor) -> None:
    node = dropbox.content("files/upload", b"one", path="/a.txt").json()
    _, cursor = dropbox.listing()

    dropbox.call("files/move_v2", from_path="/a.txt", to_path="/b/c.txt")

    page = dropbox.call("files/list_folder/continue", cursor=cursor).json()["entries"]
    assert [entry[".tag"] for entry in page] == ["deleted", "folder", "file"]
    assert "id" not in page[0]
    assert page[2]["id"] == node["id"]


def test_a_file_written_twice_is_told_once(dropbox: DropboxVendor) -> None:
    _, cursor = dropbox.listing()
    for body in (b"one", b"two"):
        dropbox.content("files/upload", body, path="/a.txt", mode="overwrite")

    entries = dropbox.call("files/list_folder/continue", cursor=cursor).json()["entries"]

    assert [entry["content_hash"] for entry in entries] == [content_hash(b"two")]


def test_deleted_paths_are_listed_on_request(dropbox: DropboxVendor) -> None:
    dropbox.content("files/upload", b"one", path="/a.txt")
    dropbox.call("files/delete_v2", path="/a.txt")

    entries, _ = dropbox.listing(include_deleted=True)

    assert {".tag": "deleted", "name": "a.txt", "path_lower": "/a.txt", "path_display": "/a.txt"} in entries


def test_cursors_can_be_made_to_need_a_reset(dropbox: DropboxVendor) -> None:
    _, cursor = dropbox.listing()

    dropbox.control("expire_cursors")

    reset = dropbox.call("files/list_folder/continue", cursor=cursor)
    assert (reset.status_code, reset.json()["error"][".tag"]) == (409, "reset")


def test_a_longpoll_answers_when_something_changed(
    dropbox: DropboxVendor, http: requests.Session, sandbox: Sandbox
) -> None:
    _, cursor = dropbox.listing()
    dropbox.content("files/upload", b"one", path="/a.txt")

    url = f"{sandbox.url}/notify.dropboxapi.com/2/files/list_folder/longpoll"
    answer = http.post(url, json={"cursor": cursor, "timeout": 30}).json()

    assert answer == {"changes": True}


def test_contents_match_their_hash_over_several_blocks(dropbox: DropboxVendor) -> None:
    entries, _ = dropbox.listing()
    big = max((entry for entry in entries if entry[".tag"] == "file"), key=lambda entry: entry["size"])

    download = dropbox.content("files/download", path=big["id"])

    assert len(download.content) == big["size"] > 4 * 1024 * 1024
    assert content_hash(download.content) == big["content_hash"]
    assert json.loads(download.headers["Dropbox-API-Result"])["rev"] == big["rev"]


def test_a_download_can_be_resumed(dropbox: DropboxVendor, http: requests.Session) -> None:
    dropbox.content("files/upload", b"0123456789", path="/a.txt")
    url, arg = f"{dropbox.base}/content.dropboxapi.com/2/files/download", json.dumps({"path": "/a.txt"})

    parts = [
        http.post(url, headers={**dropbox.headers, "Dropbox-API-Arg": arg, "Range": f"bytes={span}"})
        for span in ("4-", "0-3", "-2", "20-")
    ]

    assert [part.content for part in parts] == [b"456789", b"0123", b"89", b""]
    assert [part.status_code for part in parts] == [206, 206, 206, 416]


def test_result_headers_are_ascii(dropbox: DropboxVendor) -> None:
    node = dropbox.content("files/upload", b"x", path="/东京 🚀.txt").json()

    header = dropbox.content("files/download", path=node["id"]).headers["Dropbox-API-Result"]

    assert header.isascii()
    assert json.loads(header)["name"] == "东京 🚀.txt"


def test_paper_documents_are_exported_not_downloaded(dropbox: DropboxVendor) -> None:
    entries, _ = dropbox.listing()
    paper = next(entry for entry in entries if entry.get("is_downloadable") is False)

    refused = dropbox.content("files/download", path=paper["id"])
    exported = dropbox.content("files/export", path=paper["id"], export_format="markdown")

    assert refused.json()["error"][".tag"] == "unsupported_file"
    assert exported.content.startswith(b"# ")
    assert paper["export_info"]["export_as"] == "markdown"


def test_earlier_revisions_are_kept_and_can_be_restored(dropbox: DropboxVendor) -> None:
    first = dropbox.content("files/upload", b"one", path="/a.txt").json()
    dropbox.content("files/upload", b"two", path="/a.txt", mode="overwrite")

    revisions = dropbox.call("files/list_revisions", path="/a.txt").json()["entries"]
    dropbox.call("files/restore", path="/a.txt", rev=first["rev"])

    assert [entry["content_hash"] for entry in revisions] == [content_hash(b"two"), content_hash(b"one")]
    assert dropbox.content("files/download", path="/a.txt").content == b"one"


def test_a_wrong_content_hash_is_refused(dropbox: DropboxVendor) -> None:
    refused = dropbox.content("files/upload", b"one", path="/a.txt", content_hash=content_hash(b"two"))

    assert refused.json()["error"][".tag"] == "content_hash_mismatch"


def test_an_upload_session_is_put_together(dropbox: DropboxVendor) -> None:
    key = dropbox.content("files/upload_session/start", b"ab").json()["session_id"]
    dropbox.content("files/upload_session/append_v2", b"cd", cursor={"session_id": key, "offset": 2})

    commit = {"path": "/s.txt", "mode": "add"}
    dropbox.content("files/upload_session/finish", b"ef", cursor={"session_id": key, "offset": 4}, commit=commit)

    assert dropbox.content("files/download", path="/s.txt").content == b"abcdef"


def test_a_temporary_link_needs_no_token_and_ends(
    dropbox: DropboxVendor, http: requests.Session, control: Control
) -> None:
    dropbox.content("files/upload", b"one", path="/a.txt")
    link = dropbox.call("files/get_temporary_link", path="/a.txt").json()["link"]

    body = http.get(link).content
    control("POST", "/clock", {"advance": 14_401})

    assert body == b"one"
    assert http.get(link).status_code == 410


def test_a_missing_path_and_a_bad_one_fail_differently(dropbox: DropboxVendor) -> None:
    missing = dropbox.call("files/get_metadata", path="/nope")
    bad = dropbox.call("files/get_metadata", path="nope")

    assert (missing.status_code, missing.json()["error_summary"]) == (409, "path/not_found/..")
    assert (bad.status_code, bad.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")


def test_a_missing_scope_is_named(dropbox: DropboxVendor) -> None:
    dropbox.token = dropbox.control("tokens", {"scopes": ["files.metadata.read"]})["access_token"]

    refused = dropbox.content("files/download", path="/a.txt")

    assert refused.status_code == 401
    assert refused.json()["error"] == {".tag": "missing_scope", "required_scope": "files.content.read"}


def test_shared_things_are_paged(dropbox: DropboxVendor) -> None:
    first = dropbox.call("sharing/list_folders", limit=3).json() if dropbox.control("shared_folders/create") else {}
    rest = dropbox.call("sharing/list_folders/continue", cursor=first["cursor"]).json()
    members = dropbox.call("sharing/list_folder_members", shared_folder_id=first["entries"][0]["shared_folder_id"])

    assert len(first["entries"]) == 3
    assert rest["entries"]
    assert members.json()["users"][0]["access_type"] == {".tag": "owner"}
    assert len(dropbox.call("sharing/list_shared_links").json()["links"]) == len(dropbox.oracle("shared_links"))
    assert dropbox.call("file_requests/list_v2").json()["has_more"] is False


def test_a_shared_folder_that_is_not_mounted_keeps_its_members_to_itself(dropbox: DropboxVendor) -> None:
    first, other = (row["shared_folder_id"] for row in dropbox.call("sharing/list_folders").json()["entries"][:2])
    dropbox.control("shared_folders/change", {"keys": [first], "values": {"path_lower": None}})

    refused = dropbox.call("sharing/list_folder_members", shared_folder_id=first)

    assert (refused.status_code, refused.json()["error_summary"]) == (409, "unmounted/..")
    assert dropbox.call("sharing/list_folder_members", shared_folder_id=other).status_code == 200


def test_the_members_of_a_file_inside_a_mac_package_are_not_told(dropbox: DropboxVendor) -> None:
    file = dropbox.content("files/upload", b"one", path="/Notes.app/data.txt").json()["id"]

    refused = dropbox.call("sharing/list_file_members", file=file)

    assert refused.json()["error_summary"] == "access_error/inside_osx_package/.."


def test_a_batch_tells_success_and_failure_entry_by_entry(dropbox: DropboxVendor) -> None:
    dropbox.call("files/create_folder_v2", path="/a")

    made = dropbox.call("files/create_folder_batch", paths=["/a", "/b"]).json()
    gone = dropbox.call("files/delete_batch", entries=[{"path": "/b"}, {"path": "/nope"}]).json()

    assert made[".tag"] == gone[".tag"] == "complete"
    assert [entry[".tag"] for entry in made["entries"]] == ["failure", "success"]
    assert [entry[".tag"] for entry in gone["entries"]] == ["success", "failure"]
    assert gone["entries"][1]["failure"] == {".tag": "path_lookup", "path_lookup": {".tag": "not_found"}}
