"""What every connector must do, whatever its vendor does. A new connector adds its samples, and nothing here."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Page, Position, Reading
from chalicelib.connectors.lines import value
from chalicelib.connectors.session import VendorSession
from chalicelib.errors import FatalError, ForbiddenStreamError, ReauthorizeError, RetryableError
from tests.connectors.conftest import START, Login, Opened, Time
from tests.connectors.samples import EXAMPLES, SAMPLES, Sample
from tests.connectors.vendor import Told, Vendor, gzipped, page, zipped


@pytest.fixture(params=SAMPLES, ids=lambda sample: f"{sample.platform}-{sample.stream_name}")
def sample(request: pytest.FixtureRequest) -> Sample:
    given: Sample = request.param
    return given


@pytest.fixture
def opened(open_session: Opened, sample: Sample) -> VendorSession:
    return open_session(sample.connector)


@pytest.fixture
def paging(vendor: Vendor, sample: Sample) -> None:
    """The vendor tells the page that is asked for."""
    vendor.answer = lambda asked: page(sample.pages[sample.at(asked)])


def read(session: VendorSession, sample: Sample, position: Position | None = None) -> Page:
    reading = Reading(until=START, parents=sample.parents, facts=sample.facts)
    return sample.stream.full(session.fetch, reading, position)


def keys_of(page: Page, sample: Sample) -> list[str]:
    return [value(record, sample.stream.key) for record in page.records]


def to_the_end(
    session: VendorSession, sample: Sample, position: Position | None = None
) -> tuple[list[str], list[Position]]:
    keys: list[str] = []
    positions: list[Position] = []
    while True:
        page = read(session, sample, position)
        keys += keys_of(page, sample)
        if page.next is None:
            return keys, positions
        position = json.loads(json.dumps(page.next))
        positions.append(position)


def test_every_connector_has_samples() -> None:
    assert {sample.platform for sample in SAMPLES} == {*CONNECTORS, *EXAMPLES}


def test_the_first_page_says_where_to_go_on(opened: VendorSession, sample: Sample, paging: None) -> None:
    first = read(opened, sample)

    assert keys_of(first, sample) == sample.keys[:2]
    assert first.next is not None


def test_the_last_page_says_that_it_is(opened: VendorSession, sample: Sample, paging: None) -> None:
    keys, positions = to_the_end(opened, sample)

    assert keys == sample.keys
    assert len(positions) == 2


def test_records_keep_the_vendors_bytes(opened: VendorSession, sample: Sample, paging: None) -> None:
    first = read(opened, sample)

    assert all(bytes(record) in page(sample.pages[0]).body for record in first.records)


@pytest.mark.parametrize("done", [1, 2])
def test_reading_goes_on_from_each_position(opened: VendorSession, sample: Sample, paging: None, done: int) -> None:
    _, positions = to_the_end(opened, sample)

    keys, _ = to_the_end(opened, sample, positions[done - 1])

    assert keys == sample.keys[2 * done :]


def test_an_empty_stream_ends_at_once(opened: VendorSession, sample: Sample, vendor: Vendor) -> None:
    vendor.tell(page(sample.empty))

    assert to_the_end(opened, sample) == ([], [])


def test_a_refused_token_is_renewed_once(opened: VendorSession, sample: Sample, vendor: Vendor, login: Login) -> None:
    vendor.tell(Told(status=401), page(sample.pages[0]))

    assert keys_of(read(opened, sample), sample) == sample.keys[:2]
    assert login.renewed == 1


def test_a_token_that_stays_refused_needs_its_owner(opened: VendorSession, sample: Sample, vendor: Vendor) -> None:
    vendor.tell(Told(status=401))

    with pytest.raises(ReauthorizeError):
        read(opened, sample)


def test_a_stream_that_may_not_be_read_is_forbidden(opened: VendorSession, sample: Sample, vendor: Vendor) -> None:
    vendor.tell(Told(status=403))

    with pytest.raises(ForbiddenStreamError):
        read(opened, sample)


@pytest.mark.parametrize("told", ["1", "0.5", "Fri, 02 Jan 2026 03:04:06 GMT"])
def test_a_limit_is_waited_for_as_the_vendor_says(
    opened: VendorSession, sample: Sample, vendor: Vendor, time: Time, told: str
) -> None:
    vendor.tell(Told(status=429, headers={"Retry-After": told}), page(sample.pages[0]))

    assert keys_of(read(opened, sample), sample) == sample.keys[:2]
    assert sum(time.slept) >= 0.5


def test_a_long_wait_is_told_and_not_slept(opened: VendorSession, sample: Sample, vendor: Vendor, time: Time) -> None:
    vendor.tell(Told(status=429, headers={"Retry-After": "900"}))

    with pytest.raises(RetryableError) as refused:
        read(opened, sample)

    assert refused.value.after_seconds == 900
    assert sum(time.slept) < 1


def test_a_cursor_that_comes_again_fails_and_does_not_loop(
    opened: VendorSession, sample: Sample, vendor: Vendor
) -> None:
    vendor.tell(page(sample.same))

    with pytest.raises(FatalError, match="cursor_loop"):
        to_the_end(opened, sample)


def test_f39_a_place_that_is_lost_is_not_asked_for_twice(open_session: Opened, vendor: Vendor) -> None:
    lost = page({"error": {"code": "resource_missing", "param": "starting_after"}}, status=400)
    vendor.tell(lost, page({"data": [], "has_more": False}))
    stream = CONNECTORS["stripe"].stream("coupons")

    stream.full(open_session().fetch, Reading(), {"after": ["co_2", "co_1"]})

    assert [asked.param("starting_after") for asked in vendor.asked] == ["co_2", "co_1"]


BROKEN = {
    "html": lambda _page: Told(b"<html>Log in</html>", headers={"Content-Type": "text/html"}),
    "empty": lambda _page: Told(b""),
    "truncated JSON of the right length": lambda page: Told(json.dumps(page).encode()[:-3]),
    "truncated gzip of the right length": lambda page: gzipped(zipped(page)[:-12]),
    "shorter than its length": lambda page: Told(json.dumps(page).encode(), length=5000, cut=True),
    "an error in a 200": lambda _page: page({"status": "error", "error": {"message": "oops"}}),
    "null": lambda _page: Told(b"null"),
    "no list": lambda told: page({name: None if isinstance(item, list) else item for name, item in told.items()}),
    "no envelope": lambda told: page([item for item in told.values() if isinstance(item, list)]),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_page_that_is_not_whole_is_never_the_end(
    opened: VendorSession, sample: Sample, vendor: Vendor, broken: Callable[[Any], Told]
) -> None:
    vendor.tell(broken(sample.pages[2]))

    with pytest.raises(RetryableError):
        read(opened, sample)

    assert opened.requests >= 3


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_page_that_is_whole_the_next_time_is_taken(
    opened: VendorSession, sample: Sample, vendor: Vendor, broken: Callable[[Any], Told]
) -> None:
    vendor.tell(broken(sample.pages[0]), page(sample.pages[0]))

    assert keys_of(read(opened, sample), sample) == sample.keys[:2]
