"""Dropbox, played by a real directory: files and their contents, and folders that move, go and come back."""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from infra.local.running import Running
from tests.end_to_end.comparing import differences, keyed, stored_bytes
from tests.end_to_end.conftest import OpenAccount
from tests.end_to_end.people import Json, Person
from tests.end_to_end.vendor import Vendor

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]


def test_what_dropbox_holds_is_kept_through_moves_deletions_and_new_beginnings(
    aws: Running, ada: Person, open_account: OpenAccount, folder: Path
) -> None:
    write(
        folder, {"Moved/inner/a.txt": b"a", "Moved/b.txt": b"b", "Gone/c.txt": b"c", "Again/d.txt": b"d", "e.bin": b""}
    )
    dropbox = open_account("dropbox")
    source = ada.add_source(dropbox, "files")

    first = ada.backed_up(source["job"])

    assert differences(ada, dropbox, first, "files") == {}
    assert contents(aws, ada, first) == on_disk(folder)
    copied = downloads(dropbox)
    (folder / "Moved").rename(folder / "Elsewhere")
    shutil.rmtree(folder / "Gone")
    shutil.rmtree(folder / "Again")
    dropbox.keys("entries")
    write(folder, {"Again/new.txt": b"new", "e.bin": b"grown"})

    second = ada.backed_up(ada.sync(source))

    assert differences(ada, dropbox, second, "files") == {}
    assert contents(aws, ada, second) == on_disk(folder)
    assert {"/moved", "/moved/inner/a.txt", "/gone/c.txt", "/again/d.txt"}.isdisjoint(keyed(ada, second, "files"))
    assert downloads(dropbox) - copied == 2, "what has only moved is not copied again"

    third = ada.backed_up(ada.sync(source))

    assert stored_bytes(third) == 0
    assert differences(ada, dropbox, third, "files") == {}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def on_disk(folder: Path) -> dict[str, bytes]:
    return {
        f"/{path.relative_to(folder).as_posix()}".lower(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def contents(aws: Running, person: Person, snapshot: Json) -> dict[str, bytes]:
    """Read the content of every file of a snapshot from the bucket, by the file's path."""
    s3, bucket = aws.engine.client("s3"), aws.environment()["DATA_BUCKET"]
    files = {key: record for key, record in keyed(person, snapshot, "files").items() if record[".tag"] == "file"}
    copies = keyed(person, snapshot, "files.content")
    found = {}
    for path, record in files.items():
        copy = copies[record["content_hash"]]
        found[path] = s3.get_object(Bucket=bucket, Key=copy["blob"])["Body"].read()
        assert sha256(found[path]).hexdigest() == copy["sha256"]
    return found


def downloads(vendor: Vendor) -> int:
    return sum(request["path"].endswith("/files/download") for request in vendor.requests())
