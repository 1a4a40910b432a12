"""What a vendor can do to a job, and what becomes of it: the ids are those of the catalogue of faults."""

from typing import Any

import pytest

from chalicelib.store.activity import Event
from chalicelib.store.connections import Connection
from tests.backup.reading import kept, manifest_of, snapshot_of
from tests.backup.world import World, new_world

LINKS = "payment_links"
PASSING: list[dict[str, Any]] = [
    {"fault": "status", "status": 429, "retry_after": "1", "after": 2},
    {"fault": "status", "status": 429, "retry_after": "date:1", "after": 3},
    {"fault": "status", "status": 429, "after": 4},
    {"fault": "status", "status": 503, "times": 2, "after": 5},
    {"fault": "cut", "after": 6},
    {"fault": "truncated_gzip", "after": 8},
    {"fault": "truncated_json", "after": 9},
    {"fault": "html", "after": 10},
    {"fault": "empty", "after": 11},
    {"fault": "error_body", "after": 12},
    {"fault": "null_list", "after": 13},
    {"fault": "missing_envelope", "after": 14},
]


def test_f27_f30_f31_f32_faults_that_pass_leave_nothing_behind(world: World) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 1_500)
    for rule in PASSING:
        world.vendor.fault(path="/v1/payment_links", **rule)

    job = world.sync()

    struck = {request["fault"] for request in world.vendor.asked()} - {""}
    assert struck == {rule["fault"] for rule in PASSING}
    assert (job.status, job.error) == ("completed", None), manifest_of(job).reasons
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_f23_a_token_revoked_mid_run_stops_the_job_without_a_storm_and_keeps_what_was_read(world: World) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 500)
    world.vendor.fault("revoke", path="/v1/payment_links", after=3)

    job = world.sync()

    connection = Connection.fetch(account_id=world.account_id, connection_id=world.connection.connection_id)
    assert connection is not None
    assert (job.status, connection.status) == ("partial", "expired")
    assert 0 < len(kept(job, LINKS)) < 500
    assert len([one for one in world.vendor.asked() if one["status"] == 401]) <= 4
    assert world.source().active_job_id is None


def test_f23_a_vendor_that_refuses_us_though_it_renews_our_tokens_is_not_asked_again_and_the_owner_told_once(
    world: World,
) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 500)
    world.vendor.fault("status", path="/v1/payment_links", status=401, after=3, times=0)

    first = world.sync()
    renewals = tokens_asked(world)
    second = world.sync()

    told = [event for event in Event.within(account_id=world.account_id) if event.action == "connections:expire"]
    assert (first.status, second.status) == ("partial", "failed")
    assert [event.resource_id for event in told] == [world.connection.connection_id]
    assert tokens_asked(world) == renewals


def tokens_asked(world: World) -> int:
    return len([one for one in world.vendor.asked() if "token" in one["path"]])


def test_f24_a_stream_whose_scope_is_gone_is_reported_and_the_others_go_on(world: World) -> None:
    world.choose(LINKS, "coupons")
    world.vendor.fault("status", path="/v1/coupons", status=403, times=0)

    job = world.sync()

    streams = manifest_of(job).streams
    assert (job.status, streams["coupons"].status, streams[LINKS].status) == ("partial", "forbidden", "complete")
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_f30_a_stream_that_is_broken_at_the_vendor_keeps_no_other_from_being_read(running_aws: str) -> None:
    world = new_world(running_aws, "hubspot", contacts=5)
    world.choose("contacts", "deals")
    world.vendor.fault("status", path="/crm/v3/properties/deals", status=500, times=0)

    job = world.sync()

    streams = manifest_of(job).streams
    assert (job.status, streams["contacts"].status, streams["deals"].status) == ("partial", "complete", "failed")
    assert kept(job, "contacts") == world.vendor.records("contacts")


@pytest.mark.parametrize("fault", ["repeated_cursor", "cycle"])
def test_f40_a_listing_that_goes_in_circles_ends_and_the_next_run_is_whole(world: World, fault: str) -> None:
    world.choose(LINKS, "coupons")
    world.vendor.create(LINKS, 500)
    world.vendor.fault(fault, path="/v1/payment_links", after=3, times=0)

    job = world.sync()
    world.vendor.forget_faults()
    again = world.sync()

    circled = manifest_of(job).streams[LINKS]
    assert job.status == "partial"
    assert "cursor_loop" in str(circled.reason)
    assert circled.since is None
    assert again.status == "completed", manifest_of(again).reasons
    assert kept(again, LINKS) == world.vendor.records(LINKS)


def test_f44_records_without_a_key_are_quarantined_and_the_others_kept(world: World) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 150)
    world.vendor.fault("rows_without_key", path="/v1/payment_links", count=3, after=1)

    job = world.sync()

    found = manifest_of(job).streams[LINKS]
    assert (job.status, found.quarantined) == ("partial", 3)
    assert found.live == len(world.vendor.records(LINKS)) - 3


def test_f45_odd_values_are_kept_as_they_are(world: World) -> None:
    world.choose(LINKS)
    odd = {"huge": "1e400", "long": "12345678901234567890123", "zero": "-0", "money": "10.00", "nul": '"\\u0000"'}
    world.vendor.post(f"{LINKS}/create", {"count": 2, "raw": odd | {"broken": '"\\ud83d"'}})

    job = world.sync()

    assert job.status == "completed", manifest_of(job).reasons
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_f46_a_source_that_is_suddenly_empty_is_never_green(world: World) -> None:
    world.choose("coupons")
    world.vendor.create("coupons", 40)
    world.sync()
    world.vendor.delete("coupons", list(world.vendor.records("coupons")))

    job = world.sync("full")

    assert (job.status, snapshot_of(job).status) == ("partial", "suspect")
    assert [anomaly["what"] for anomaly in snapshot_of(job).anomalies] == ["emptied"]


def test_an_unchanged_source_costs_no_part_and_a_changed_one_its_changes(world: World) -> None:
    world.choose("coupons", "customers", "invoices", "invoice_lines")
    first = world.sync()
    idle = world.sync()
    keys = world.vendor.create("customers", 2)
    world.vendor.change("customers", [min(kept(first, "customers"))])
    gone = min(kept(first, "coupons"))
    world.vendor.delete("coupons", [gone])

    changed = world.sync()

    assert [job.status for job in (first, idle, changed)] == ["completed"] * 3
    assert manifest_of(idle).totals.lines == 0
    assert not any(stream.parts or stream.index for stream in manifest_of(idle).streams.values())
    customers = manifest_of(changed).streams["customers"]
    assert (customers.added, customers.changed) == (len(keys), 1)
    assert gone not in kept(changed, "coupons")
    for stream in ("customers", "coupons", "invoices"):
        assert kept(changed, stream) == world.vendor.records(stream)
