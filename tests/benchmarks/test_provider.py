import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.provider.config import Knobs
from benchmarks.provider.faults import Answer, Fault
from benchmarks.provider.limits import Bucket
from benchmarks.provider.records import Shape, expected, index_of
from benchmarks.provider.vendor import Vendor

VendorOf = Callable[..., Vendor]


def listed(vendor: Vendor, bounds: str = "") -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    after = ""
    while True:
        page = json.loads(vendor.answer(f"/v1/charges?limit=100{bounds}{after}", 0.0).body)
        records += page["data"]
        if not page["has_more"]:
            return records
        after = f"&starting_after={page['data'][-1]['id']}"


def test_paging_gives_every_record_once_newest_first(vendor: VendorOf) -> None:
    here = vendor(250)

    records = listed(here)

    assert [index_of(record["id"]) for record in records] == list(range(250))
    assert [entry.count for entry in here.journal] == [100, 100, 50]


def test_records_are_the_bytes_that_the_oracle_expects(vendor: VendorOf) -> None:
    here = vendor(3)

    body = here.answer("/v1/charges", 0.0).body

    assert body.endswith(b'"data":[' + b",".join(expected(here.knobs.shape, "charges", 3)) + b"]}")


@given(cut=st.integers(min_value=1_600_000_000, max_value=1_780_000_100))
def test_two_windows_that_meet_hold_every_record_once(cut: int) -> None:
    here = Vendor(Knobs({"charges": 150}, 1_780_000_000))

    older = listed(here, f"&created[lt]={cut}")
    newer = listed(here, f"&created[gte]={cut}")

    assert [index_of(record["id"]) for record in newer + older] == list(range(150))


def test_a_page_after_an_unknown_record_is_refused(vendor: VendorOf) -> None:
    assert vendor(5).answer("/v1/charges?starting_after=ch_000000000000000000000001", 0.0).status == 400


def test_changes_are_told_as_events_and_shown_by_id(vendor: VendorOf) -> None:
    here = vendor(200)
    before = here.records["charges"][100]

    changed = here.change(every=100, at=1_780_000_500)

    events = json.loads(here.answer("/v1/events?types[]=charge.updated&created[gte]=1780000400", 0.0).body)["data"]
    identifier = events[0]["data"]["object"]["id"]
    assert (changed, len(events), index_of(identifier)) == (2, 2, 100)
    assert here.answer(f"/v1/charges/{identifier}", 0.0).body == here.knobs.shape.record("charges", 100, 1) != before


def test_a_full_bucket_lets_the_burst_through_and_then_the_rate() -> None:
    bucket = Bucket(rate=10, burst=5)

    admitted = [bucket.take(0.0) for _ in range(7)]
    later = [bucket.take(0.2) for _ in range(3)]

    assert (admitted, later) == ([True] * 5 + [False] * 2, [True, True, False])
    assert bucket.headers(admitted=False) == {"Retry-After": "1"}


@pytest.mark.parametrize("style", ["none", "retry_after", "x_ratelimit"])
def test_a_refused_request_is_answered_429_in_the_style_asked_for(vendor: VendorOf, style: Any) -> None:
    here = vendor(rate=1, burst=1, style=style)
    here.answer("/v1/charges", 0.0)

    refused = here.answer("/v1/charges", 0.0)

    assert refused.status == 429
    assert ("Retry-After" in refused.headers) == (style != "none")
    assert ("X-RateLimit-Remaining" in refused.headers) == (style == "x_ratelimit")


def test_a_fault_strikes_as_often_as_told_and_only_on_its_page(vendor: VendorOf) -> None:
    here = vendor(faults=(Fault("status_503", at=100, times=2),))
    after = f"/v1/charges?starting_after={here.knobs.shape.identifier('charges', 99)}"

    statuses = [here.answer(target, 0.0).status for target in ("/v1/charges", after, after, after)]

    assert statuses == [200, 503, 503, 200]


@pytest.mark.parametrize("kind", ["html", "no_id", "repeated_page"])
def test_a_fault_is_met_however_the_pages_are_cut(vendor: VendorOf, kind: Any) -> None:
    here = vendor(faults=(Fault(kind, at=120),))
    after = here.knobs.shape.identifier("charges", 29)

    here.answer(f"/v1/charges?limit=100&starting_after={after}", 0.0)

    assert here.journal[-1].fault == kind


def broken(vendor: VendorOf, kind: Any) -> Answer:
    return vendor(faults=(Fault(kind, at=0),)).answer("/v1/charges", 0.0)


def test_a_truncated_gzip_body_is_cut_although_its_length_is_right(vendor: VendorOf) -> None:
    answer = broken(vendor, "truncated_gzip")

    assert answer.cut is None
    with pytest.raises(EOFError):
        gzip.decompress(answer.body)


def test_truncated_json_has_its_own_length_and_does_not_parse(vendor: VendorOf) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken(vendor, "truncated_json").body)


def test_a_short_body_announces_more_than_is_sent(vendor: VendorOf) -> None:
    answer = broken(vendor, "short_body")

    assert answer.cut is not None
    assert answer.cut < len(answer.body)


def test_three_records_lose_their_ids(vendor: VendorOf) -> None:
    records = json.loads(broken(vendor, "no_id").body)["data"]

    assert sum("id" not in record for record in records) == 3


@pytest.mark.parametrize(("profile", "size"), [("small", 200), ("medium", 800), ("large", 8000), ("nested", 1400)])
def test_profiles_are_about_as_large_as_they_say(profile: str, size: int) -> None:
    shape = Shape(seed=1, profile=profile, newest=1_780_000_000, step=60)

    record = shape.record("charges", 7)

    assert abs(len(record) - size) < size * 0.1


def test_knobs_survive_the_command_line() -> None:
    knobs = Knobs({"charges": 5}, 1_780_000_000, rate=3, faults=(Fault("html", 100, 2),))

    assert Knobs.decode(knobs.encode()) == knobs
