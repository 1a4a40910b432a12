"""Bulk exports in JSON Lines, over the wire and through the real steps of a backup."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.connectors.connector import Deletes, Fetch, Page, Position, Reading, Request, Stream
from chalicelib.connectors.jsonlines import JsonLines
from chalicelib.errors import FatalError, RetryableError
from tests.backup.invented import Invented, invented
from tests.backup.reading import kept, manifest_of
from tests.backup.world import World
from tests.connectors.acme import ACME
from tests.connectors.conftest import Opened, Time, login, open_session, vendor
from tests.connectors.vendor import Asked, Told, Vendor

__all__ = ["login", "open_session", "vendor"]

LINES = [json.dumps({"id": f"p{n}", "title": "é" * n}, ensure_ascii=False) for n in range(120)]
EXPORT = ("\n".join(LINES) + "\n").encode()


@pytest.fixture
def time() -> Time:
    return Time()


def located(_fetch: Fetch, _reading: Reading) -> Request:
    return Request("/export.jsonl", authorized=False)


READER = JsonLines(located, range_bytes=100)
PRODUCTS = Stream("products", full=READER, deletes=Deletes("sweep"), not_restorable_because="a test")


def part_of(file: bytes, asked: Asked, **headers: str) -> Told:
    """Answer a range as a file store does."""
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers["range"])
    assert found is not None
    begin, end = int(found[1]), min(int(found[2]) + 1, len(file))
    told = {"Content-Type": "application/jsonl", "Content-Range": f"bytes {begin}-{end - 1}/{len(file)}", **headers}
    return Told(file[begin:end], status=206, headers=told)


def read(fetch: Fetch, reader: JsonLines = READER, position: Position | None = None) -> list[Page]:
    found = [reader(fetch, Reading(), position)]
    while found[-1].next is not None:
        found.append(reader(fetch, Reading(), json.loads(json.dumps(found[-1].next))))
    return found


def lines_of(pages: list[Page]) -> list[str]:
    return [bytes(record).decode() for page in pages for record in page.records]


@pytest.fixture
def shop(world: World) -> Iterator[Invented]:
    with invented(world, PRODUCTS) as made:
        yield made


def test_an_export_is_backed_up_line_by_line_and_what_is_in_it_no_more_is_gone(shop: Invented) -> None:
    shop.vendor.answer = lambda asked: part_of(EXPORT, asked)
    first = shop.sync()
    shop.vendor.answer = lambda asked: part_of("\n".join(LINES[:110]).encode(), asked)

    second = shop.sync()

    assert (first.status, second.status) == ("completed", "completed")
    assert sorted(kept(first, "products").values()) == sorted(line.encode() for line in LINES)
    assert manifest_of(second).streams["products"].deleted == 10
    assert all("authorization" not in asked.headers for asked in shop.vendor.asked)


@pytest.mark.parametrize("end", ["\n", "", "\n\n"])
@pytest.mark.parametrize("size", [1, 100, 10_000_000])
def test_ranges_of_any_size_give_each_line_once(open_session: Opened, vendor: Vendor, end: str, size: int) -> None:
    file = ("\n".join(LINES[:30]) + end).encode()
    vendor.answer = lambda asked: part_of(file, asked)

    pages = read(open_session(ACME).fetch, replace(READER, range_bytes=size))

    assert lines_of(pages) == LINES[:30]


def test_reading_goes_on_where_it_stopped(open_session: Opened, vendor: Vendor) -> None:
    vendor.answer = lambda asked: part_of(EXPORT, asked)
    fetch = open_session(ACME).fetch
    pages = read(fetch)

    assert lines_of(read(fetch, position=pages[3].next)) == lines_of(pages[4:])


def test_another_file_than_was_begun_is_read_from_its_start(open_session: Opened, vendor: Vendor) -> None:
    vendor.answer = lambda asked: part_of(EXPORT, asked)
    fetch = open_session(ACME).fetch
    begun = READER(fetch, Reading(), None)
    vendor.answer = lambda asked: part_of(EXPORT[: -len(LINES[-1].encode()) - 1], asked)

    assert lines_of(read(fetch, position=begun.next)) == LINES[:-1]


def test_a_vendor_that_gives_the_whole_file_at_once_is_taken_at_its_word(open_session: Opened, vendor: Vendor) -> None:
    vendor.tell(Told(EXPORT, headers={"Content-Type": "application/octet-stream"}))

    assert lines_of(read(open_session(ACME).fetch)) == LINES


@pytest.mark.parametrize(
    "told",
    [
        {"Content-Range": "bytes 7-106/9000"},
        {"Content-Range": "bytes 0-7/9000"},
        {"Content-Type": "text/html"},
    ],
    ids=str,
)
def test_what_is_not_the_range_that_was_asked_for_is_never_the_end(
    open_session: Opened, vendor: Vendor, told: dict[str, str]
) -> None:
    vendor.answer = lambda asked: part_of(EXPORT, asked, **told)

    with pytest.raises(RetryableError):
        READER(open_session(ACME).fetch, Reading(), None)


def test_an_empty_export_ends_at_once_but_one_that_is_gone_is_not_empty(open_session: Opened, vendor: Vendor) -> None:
    reader = JsonLines(lambda _fetch, _reading: None)
    fetch = open_session(ACME).fetch

    assert (list(reader(fetch, Reading(), None).records), reader(fetch, Reading(), None).next) == ([], None)
    with pytest.raises(FatalError, match="no longer has the export"):
        reader(fetch, Reading(), {"at": 100, "of": 200})
