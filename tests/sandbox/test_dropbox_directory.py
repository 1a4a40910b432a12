from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox, Settings
from sandbox.dropbox.hashing import content_hash
from tests.sandbox.conftest import DropboxVendor


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("one")
    return tmp_path


@pytest.fixture
def sandbox(directory: Path) -> Iterator[Sandbox]:
    with Sandbox(Settings(port=0, dropbox_dir=directory)) as running:
        yield running


def test_a_real_directory_is_listed_with_true_hashes(dropbox: DropboxVendor) -> None:
    entries, _ = dropbox.listing()

    assert [(entry[".tag"], entry["path_display"]) for entry in entries] == [
        ("folder", "/docs"),
        ("file", "/docs/a.txt"),
    ]
    assert entries[1]["content_hash"] == content_hash(b"one")


def test_changes_on_disk_are_changes_of_the_account(dropbox: DropboxVendor, directory: Path) -> None:
    _, cursor = dropbox.listing()

    (directory / "docs" / "b.txt").write_text("new")
    added, cursor = dropbox.changes(cursor)
    (directory / "docs" / "b.txt").write_text("newer")
    changed, cursor = dropbox.changes(cursor)
    (directory / "docs" / "b.txt").unlink()
    gone, _ = dropbox.changes(cursor)

    assert added == changed == [("file", "/docs/b.txt")]
    assert gone == [("deleted", "/docs/b.txt")]


def test_a_file_renamed_on_disk_keeps_its_id(dropbox: DropboxVendor, directory: Path) -> None:
    entries, cursor = dropbox.listing()

    (directory / "docs" / "a.txt").rename(directory / "moved.txt")

    page = dropbox.call("files/list_folder/continue", cursor=cursor).json()["entries"]
    assert [entry[".tag"] for entry in page] == ["deleted", "file"]
    assert page[1]["id"] == entries[1]["id"]


def test_uploads_and_deletions_reach_the_disk(dropbox: DropboxVendor, directory: Path) -> None:
    dropbox.content("files/upload", b"up", path="/new/up.txt")
    dropbox.call("files/delete_v2", path="/docs")

    assert (directory / "new" / "up.txt").read_bytes() == b"up"
    assert not (directory / "docs").exists()


def test_no_path_leads_out_of_the_directory(dropbox: DropboxVendor, directory: Path) -> None:
    for path in ("/../out.txt", "/docs/../../out.txt"):
        refused = dropbox.content("files/upload", b"x", path=path)
        assert refused.status_code == 400

    assert not (directory.parent / "out.txt").exists()
