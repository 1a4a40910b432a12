"""What a source was like at a time: listed, browsed, looked into, through time, compared."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from chalicelib.archive.layout import source_root
from chalicelib.aws import clients
from chalicelib.backup.covered import Covered
from chalicelib.config import settings
from chalicelib.domain.rotation import CIRCLE
from chalicelib.store.snapshots import Snapshot
from chalicelib.store.sources import Source
from tests.api.conftest import Someone, with_role
from tests.api.gateway import Answer, Gateway
from tests.archive.vendor import ROOT, Archive, record

SOURCE = "src_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"
MOST_OF_LAMBDA = 6 * 1024 * 1024
ODD = "a/b c%2F?é"


@dataclass(frozen=True)
class Shelf:
    """Two snapshots of Ada's contacts, in S3 and in the table."""

    http: Gateway
    account_id: str
    archive: Archive
    first: str = "snp_001"
    second: str = "snp_002"

    def get(self, path: str) -> Answer:
        return self.http.get(f"/sources/{SOURCE}{path}")

    def browse(self, snapshot: str, query: str = "") -> Any:
        return self.get(f"/snapshots/{snapshot}/streams/contacts/records?{query}").json


@pytest.fixture
def shelf(ada: Someone, tmp_path: Path) -> Shelf:
    archive = Archive(tmp_path)
    archive.back_up({**{f"c{number}": number for number in range(9)}, ODD: "odd", "gone": True})
    archive.back_up({**{f"c{number}": number for number in range(9)}, ODD: "odder", "new": {"deep": [1, 2]}})
    now = datetime.now(UTC)
    Source.new(
        now=now, account_id=ada.account_id, source_id=SOURCE, connection_id="con_1", user_id=ada.user_id,
        platform="stripe", name="Contacts",
    ).create()  # fmt: skip
    store(ada.account_id, archive)
    return Shelf(ada.http, ada.account_id, archive)


def store(account_id: str, archive: Archive) -> None:
    s3, root = clients.s3(), source_root(account_id, SOURCE)
    s3.create_bucket(Bucket=settings().data_bucket)
    for key, body in archive.objects.bodies.items():
        s3.put_object(
            Bucket=settings().data_bucket, Key=key.replace(ROOT, root, 1), Body=body, ChecksumAlgorithm="SHA256"
        )
    for sealed in archive.sealed:
        manifest = sealed.manifest
        Snapshot.new(
            now=manifest.sealed_at, account_id=account_id, source_id=SOURCE, snapshot_id=manifest.snapshot,
            job_id=manifest.job, platform="stripe", status=manifest.status, taken_at=manifest.taken_at,
            manifest=manifest.key, manifest_sha256=sealed.sha256, records=manifest.totals.live,
            stored_bytes=manifest.totals.stored_bytes, verified=True,
        ).create()  # fmt: skip


def test_snapshots_are_listed_newest_first_and_page_by_page(shelf: Shelf) -> None:
    first = shelf.get("/snapshots?limit=1").json
    rest = shelf.get(f"/snapshots?limit=1&cursor={first['nextCursor']}").json

    assert [first["items"][0]["snapshotId"], rest["items"][0]["snapshotId"]] == [shelf.second, shelf.first]
    assert rest["nextCursor"] is None


def test_a_snapshot_says_what_it_holds_and_where(shelf: Shelf) -> None:
    shown = shelf.get(f"/snapshots/{shelf.second}").json

    stream = shown["streams"]["contacts"]
    assert (stream["live"], stream["added"], stream["changed"], stream["deleted"]) == (11, 1, 1, 1)
    assert (shown["status"], shown["verified"], shown["records"]) == ("complete", True, 11)
    body = clients.s3().get_object(Bucket=settings().data_bucket, Key=stream["parts"][0]["key"])["Body"].read()
    assert len(body) == stream["parts"][0]["sizeBytes"]


def test_a_snapshot_says_which_file_contents_were_read_again(shelf: Shelf) -> None:
    snapshot = Snapshot.fetch(account_id=shelf.account_id, source_id=SOURCE, snapshot_id=shelf.second)
    assert snapshot is not None
    before = shelf.get(f"/snapshots/{shelf.second}").json["contents"]
    covered = Covered(objects=7, size_bytes=900, width=CIRCLE // 30, damaged=(("files.content", "k"),))
    snapshot.change(now=datetime.now(UTC), contents=msgspec.to_builtins(covered))

    shown = shelf.get(f"/snapshots/{shelf.second}").json["contents"]

    assert before is None
    assert shown == {"objects": 7, "sizeBytes": 900, "unread": 0, "share": 0.033, "damaged": 1}


def test_a_manifest_that_is_not_the_sealed_one_is_not_believed(shelf: Shelf) -> None:
    key = source_root(shelf.account_id, SOURCE) + shelf.archive.sealed[1].manifest.key
    other = shelf.archive.objects.bodies[ROOT + shelf.archive.sealed[0].manifest.key]
    clients.s3().put_object(Bucket=settings().data_bucket, Key=key, Body=other)

    answer = shelf.get(f"/snapshots/{shelf.second}")

    assert (answer.status, answer.code) == (500, "archive_damaged")


@pytest.mark.parametrize("sort", ["key", "-key", "cursor", "-cursor"])
def test_records_are_browsed_page_by_page_in_each_order(shelf: Shelf, sort: str) -> None:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = shelf.browse(shelf.second, f"limit=4&sort={sort}" + (f"&cursor={cursor}" if cursor else ""))
        found += [item["key"] for item in page["items"]]
        cursor = page["nextCursor"]

    expected = sorted([*(f"c{number}" for number in range(9)), ODD, "new"], reverse=sort.startswith("-"))
    assert found == expected


def test_s46_records_with_the_longest_of_keys_are_browsed_and_compared_page_by_page(
    ada: Someone, tmp_path: Path
) -> None:
    archive, keys = Archive(tmp_path), [f"/{letter * 1400}/{number}" for number in range(2) for letter in "дш"]
    archive.back_up(dict.fromkeys(keys, "was"))
    archive.back_up(dict.fromkeys(keys, "is"))
    store(ada.account_id, archive)
    shelf = Shelf(ada.http, ada.account_id, archive)

    browsed = paged(shelf, f"/snapshots/{shelf.second}/streams/contacts/records?limit=1")
    compared = paged(shelf, f"/snapshots/{shelf.second}/diff?with={shelf.first}&limit=1")

    assert browsed == compared == sorted(keys)


def paged(shelf: Shelf, path: str) -> list[str]:
    """The keys of a list, page by page to its end."""
    page = shelf.get(path).json
    found = [item["key"] for item in page["items"]]
    while page["nextCursor"]:
        page = shelf.get(f"{path}&cursor={page['nextCursor']}").json
        found += [item["key"] for item in page["items"]]
    return found


def test_records_are_narrowed_by_prefix(shelf: Shelf) -> None:
    page = shelf.browse(shelf.first, "prefix=go")

    assert [item["record"] for item in page["items"]] == [{"id": "gone", "at": 5, "value": True}]


def test_a_prefix_does_not_go_with_an_order_by_cursor(shelf: Shelf) -> None:
    assert shelf.get(f"/snapshots/{shelf.first}/streams/contacts/records?prefix=c&sort=cursor").status == 422


def test_a_record_is_answered_in_the_vendors_own_bytes(shelf: Shelf) -> None:
    answer = shelf.get(f"/snapshots/{shelf.second}/streams/contacts/records/{quote(ODD, safe='')}")

    assert answer.json["snapshotId"] == shelf.second
    assert record(ODD, "odder").decode() in answer.text


def test_a_record_says_in_which_snapshot_it_last_changed(shelf: Shelf) -> None:
    assert shelf.get(f"/snapshots/{shelf.second}/streams/contacts/records/c1").json["snapshotId"] == shelf.first


def test_what_a_snapshot_does_not_hold_is_not_found(shelf: Shelf) -> None:
    missing = [
        f"/snapshots/{shelf.second}/streams/contacts/records/gone",
        f"/snapshots/{shelf.second}/streams/contacts/records/never",
        f"/snapshots/{shelf.second}/streams/orders/records",
        "/snapshots/snp_003",
        "/streams/contacts/records/never/history",
    ]

    assert {shelf.get(path).status for path in missing} == {404}


def test_a_records_history_goes_back_to_its_first_version(shelf: Shelf) -> None:
    path = f"/streams/contacts/records/{quote(ODD, safe='')}/history"

    newest = shelf.get(f"{path}?limit=1").json
    oldest = shelf.get(f"{path}?limit=1&cursor={newest['nextCursor']}").json

    versions = [
        (item["snapshotId"], item["change"], item["record"]["value"]) for item in newest["items"] + oldest["items"]
    ]
    assert versions == [(shelf.second, "changed", "odder"), (shelf.first, "added", "odd")]
    assert oldest["nextCursor"] is None


def test_a_deleted_records_history_begins_with_its_deletion(shelf: Shelf) -> None:
    items = shelf.get("/streams/contacts/records/gone/history").json["items"]

    assert [item["change"] for item in items] == ["deleted", "added"]
    assert "record" not in items[0]


def test_two_snapshots_are_compared_field_by_field(shelf: Shelf) -> None:
    items = shelf.get(f"/snapshots/{shelf.second}/diff?with={shelf.first}").json["items"]

    assert [(item["key"], item["change"]) for item in items] == [
        (ODD, "changed"),
        ("gone", "removed"),
        ("new", "added"),
    ]
    assert items[0]["fields"] == [{"path": "/value", "before": "odd", "after": "odder"}]


def test_s48_a_difference_in_more_fields_than_an_answer_holds_is_cut_and_says_so(ada: Someone, tmp_path: Path) -> None:
    shelf = compared(ada, tmp_path, {"a": 150_000, "b": 1})

    first = shelf.get(f"/snapshots/{shelf.second}/diff?with={shelf.first}")
    rest = shelf.get(f"/snapshots/{shelf.second}/diff?with={shelf.first}&cursor={first.json['nextCursor']}")

    (cut,), (whole,) = first.json["items"], rest.json["items"]
    assert sent_by_lambda(first) < MOST_OF_LAMBDA
    assert (cut["key"], cut["complete"], cut["fields"][0]["path"]) == ("a", False, "/value/0")
    assert (whole["key"], whole["complete"], len(whole["fields"])) == ("b", True, 1)
    assert rest.json["nextCursor"] is None


def test_s48_differences_that_one_answer_does_not_hold_together_are_told_in_several(
    ada: Someone, tmp_path: Path
) -> None:
    shelf = compared(ada, tmp_path, {"a": 40_000, "b": 40_000})

    first = shelf.get(f"/snapshots/{shelf.second}/diff?with={shelf.first}")
    rest = shelf.get(f"/snapshots/{shelf.second}/diff?with={shelf.first}&cursor={first.json['nextCursor']}")

    items = first.json["items"] + rest.json["items"]
    assert [(one["key"], one["complete"], len(one["fields"])) for one in items] == [
        ("a", True, 40_000),
        ("b", True, 40_000),
    ]
    assert max(sent_by_lambda(first), sent_by_lambda(rest)) < MOST_OF_LAMBDA


def test_s48_records_full_of_quotes_that_one_answer_does_not_hold_together_are_told_in_several(
    ada: Someone, tmp_path: Path
) -> None:
    shelf = compared(ada, tmp_path, {"a": 180_000, "b": 180_000, "c": 1})
    records = f"/snapshots/{shelf.first}/streams/contacts/records"

    first = shelf.get(records)
    rest = shelf.get(f"{records}?cursor={first.json['nextCursor']}")
    versions = shelf.get("/streams/contacts/records/a/history")

    assert [[one["key"] for one in page.json["items"]] for page in (first, rest)] == [["a"], ["b", "c"]]
    assert rest.json["nextCursor"] is None
    assert (len(versions.json["items"]), versions.json["nextCursor"] is None) == (1, False)
    assert max(sent_by_lambda(one) for one in (first, rest, versions)) < MOST_OF_LAMBDA


def test_s48_a_record_that_no_answer_holds_as_it_goes_out_is_refused_and_says_where_it_is(
    ada: Someone, tmp_path: Path
) -> None:
    shelf = compared(ada, tmp_path, {"a": 300_000})
    records = f"/snapshots/{shelf.first}/streams/contacts/records"

    refused = [shelf.get(path) for path in (records, f"{records}/a")]

    assert [(one.status, one.code) for one in refused] == [(413, "too_large")] * 2
    assert "archive" in refused[0].json["error"]["message"]


def compared(ada: Someone, scratch: Path, numbers: dict[str, int]) -> Shelf:
    """Two snapshots of records that differ in so many fields each, whose values are little and full of quotes."""
    archive = Archive(scratch)
    for value in ('"', "'"):
        archive.back_up({key: [value * 4] * number for key, number in numbers.items()})
    store(ada.account_id, archive)
    return Shelf(ada.http, ada.account_id, archive)


def sent_by_lambda(answer: Answer) -> int:
    """The bytes of an answer on its way to API Gateway: its JSON is text in JSON."""
    return len(json.dumps({"body": answer.text}, ensure_ascii=False).encode())


def test_a_difference_is_read_page_by_page(shelf: Shelf) -> None:
    first = shelf.get(f"/snapshots/{shelf.second}/diff?with={shelf.first}&limit=2").json
    rest = shelf.get(f"/snapshots/{shelf.second}/diff?with={shelf.first}&limit=2&cursor={first['nextCursor']}").json

    assert ([len(first["items"]), len(rest["items"])], rest["nextCursor"]) == ([2, 1], None)
    assert shelf.get(f"/snapshots/{shelf.second}/diff?with={shelf.first}&stream=orders").json["items"] == []


def test_the_other_way_round_added_is_removed(shelf: Shelf) -> None:
    items = shelf.get(f"/snapshots/{shelf.first}/diff?with={shelf.second}").json["items"]

    assert [item["change"] for item in items] == ["changed", "added", "removed"]


def test_s11_a_snapshot_is_not_found_under_another_source(shelf: Shelf) -> None:
    assert shelf.http.get(f"/sources/src_other/snapshots/{shelf.first}").status == 404


def test_s12_a_snapshot_is_not_compared_with_another_tenants(shelf: Shelf, eve: Someone) -> None:
    assert eve.http.get(f"/sources/{SOURCE}/snapshots/{shelf.second}/diff?with={shelf.first}").status == 404


def test_a_viewer_without_content_sees_that_there_are_snapshots_and_no_records(
    shelf: Shelf, ada: Someone, eve: Someone
) -> None:
    viewer = with_role(ada, eve, "viewer", withheld=["records:view"])

    assert viewer.get(f"/sources/{SOURCE}/snapshots").status == 200
    assert viewer.get(f"/sources/{SOURCE}/snapshots/{shelf.first}/streams/contacts/records").status == 403


def test_a_source_that_is_not_there_has_no_list_of_snapshots(ada: Someone) -> None:
    assert ada.http.get("/sources/src_other/snapshots").status == 404


def test_s51_deleting_a_source_takes_nothing_from_its_archive(shelf: Shelf) -> None:
    before = stored()

    deleted = shelf.http.delete(f"/sources/{SOURCE}")

    assert (deleted.status, deleted.json["status"]) == (200, "deleted")
    assert stored() == before
    assert shelf.browse(shelf.second, "prefix=new")["items"][0]["record"]["value"] == {"deep": [1, 2]}


def test_s46_a_prefix_is_text_and_nothing_else(shelf: Shelf) -> None:
    for prefix in ("%", "_", "c_", "*", "[c]*", "' OR 1=1 --", '"; DROP TABLE versions; --', "c\\", "%00", "?"):
        answer = shelf.get(f"/snapshots/{shelf.second}/streams/contacts/records?prefix={quote(prefix)}")

        assert (answer.status, answer.json["items"]) == (200, []), prefix


def stored() -> dict[str, str]:
    """Every object of the archive, all versions, and what it holds."""
    listed = clients.s3().list_object_versions(Bucket=settings().data_bucket)
    assert not listed.get("DeleteMarkers")
    return {version["Key"]: version["ETag"] for version in listed["Versions"]}
