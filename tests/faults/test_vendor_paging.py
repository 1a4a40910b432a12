"""F6, F34-F43, A1-A8: what moves, vanishes, swells or is miscounted while a vendor is being read."""

import json
from typing import Any

import pytest
import requests

from tests.backup.reading import kept, manifest_of
from tests.backup.world import World, new_world

LINKS, COUPONS, CUSTOMERS = "payment_links", "coupons", "customers"
SEARCH = "/crm/v3/objects/contacts/search"
PLANNING = 1
"""How often a stream's first page is asked for before it is read, where it is not large."""


@pytest.fixture
def hubspot(running_aws: str) -> World:
    """One HubSpot account with a few contacts as a source; only they are backed up."""
    world = new_world(running_aws, "hubspot", contacts=30)
    world.choose("contacts")
    return world


@pytest.fixture
def dropbox(running_aws: str) -> World:
    """One Dropbox account as a source; only its tree is backed up."""
    world = new_world(running_aws, "dropbox")
    world.choose("files")
    return world


def struck(world: World, fault: str) -> int:
    """Tell how often a fault has struck in this test."""
    armed = requests.get(f"{world.vendor.url}/_sandbox/faults", timeout=30).json()["faults"]
    return sum(one["struck"] for one in armed if one["rule"]["fault"] == fault)


def test_f6_a_record_too_large_for_memory_makes_a_snapshot_partial_and_what_was_kept_of_it_stays(world: World) -> None:
    world.choose(LINKS, COUPONS)
    world.vendor.create(LINKS, 150)
    before = kept(world.sync(), LINKS)
    grown = sorted(before)[70]
    world.vendor.fault("huge_row", path="/v1/payment_links", times=0, text=grown, mebibytes=97)
    world.vendor.create(LINKS, 5)

    job = world.sync("full")

    manifest = manifest_of(job)
    links = manifest.streams[LINKS]
    assert (job.status, links.status, links.deleted, links.added) == ("partial", "complete", 0, 5)
    assert "oversize" in manifest.reasons[0]
    assert [(one.key, one.reason.partition(":")[0]) for one in links.skipped] == [(grown, "oversize")]
    assert kept(job, LINKS) == world.vendor.records(LINKS)
    assert kept(job, COUPONS) == world.vendor.records(COUPONS)


def test_f33_a_bomb_that_passes_is_read_in_smaller_pages_and_one_that_stays_ends_its_stream_only(world: World) -> None:
    world.choose(LINKS, COUPONS)
    world.vendor.create(LINKS, 150)
    world.vendor.fault("bomb", path="/v1/payment_links", mebibytes=97, after=1, times=2)
    job = world.sync()
    world.vendor.fault("bomb", path="/v1/payment_links", mebibytes=97, times=0)

    bombed = world.sync("full")

    assert job.status == "completed", manifest_of(job).reasons
    assert kept(job, LINKS) == world.vendor.records(LINKS)
    streams = manifest_of(bombed).streams
    assert (bombed.status, streams[LINKS].status, streams[COUPONS].status) == ("partial", "failed", "complete")
    assert "payload_too_large" in str(streams[LINKS].reason)
    assert kept(bombed, LINKS) == kept(job, LINKS)


def test_f34_rows_deleted_while_a_listing_is_paged_take_no_others_with_them(world: World) -> None:
    world.choose(COUPONS)
    keys = world.vendor.create(COUPONS, 350)
    read, unread = keys[-20], keys[20]
    world.sync()
    world.vendor.fault("delete_row", path="/v1/coupons", after=PLANNING + 2, text=f"{read},{unread}")

    job = world.sync("full")
    again = world.sync("full")

    assert struck(world, "delete_row") == 1
    assert job.status == "completed", manifest_of(job).reasons
    assert kept(job, COUPONS).keys() - {read} == world.vendor.records(COUPONS).keys()
    assert kept(again, COUPONS) == world.vendor.records(COUPONS)


@pytest.mark.parametrize(("lost", "anomalies"), [(2, []), (3, ["duplicates"])], ids=["two places", "all places"])
def test_f39_a_listing_ends_though_the_records_it_was_to_go_on_from_are_gone(
    world: World, lost: int, anomalies: list[str]
) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 350)
    world.vendor.fault("lost_place", path="/v1/payment_links", after=PLANNING + 2, times=lost)

    job = world.sync()

    links = manifest_of(job).streams[LINKS]
    assert (struck(world, "lost_place"), links.status, links.reason) == (lost, "complete", None)
    assert [anomaly.what for anomaly in manifest_of(job).anomalies] == anomalies
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_f39_a_tree_whose_cursor_is_lost_mid_run_is_listed_anew_and_keeps_nothing_that_went_meanwhile(
    dropbox: World,
) -> None:
    gone = dropbox.vendor.create("entries", 2_100, folder=True)[0]
    dropbox.vendor.fault("lost_place", path="/2/files/list_folder/continue")
    dropbox.vendor.fault("delete_row", path="/2/files/list_folder", after=2, collection="entries", text=gone)

    job = dropbox.sync()

    assert (struck(dropbox, "lost_place"), struck(dropbox, "delete_row")) == (1, 1)
    files = manifest_of(job).streams["files"]
    assert (files.status, files.reason) == ("complete", None)
    held = {json.loads(line)["id"] for line in kept(job, "files").values()}
    assert held == dropbox.vendor.records("entries").keys() - {gone}


def test_f36_a_record_changed_while_changes_are_paged_is_kept_as_it_is_by_the_next_run(hubspot: World) -> None:
    hubspot.sync()
    keys = hubspot.vendor.create("contacts", 250)
    hubspot.vendor.advance(10)
    hubspot.vendor.fault("change_row", path=SEARCH, after=1, text=f"{keys[0]},{keys[-1]}")

    during, after = hubspot.sync(), hubspot.sync()

    assert struck(hubspot, "change_row") == 1
    assert [job.status for job in (during, after)] == ["completed", "completed"]
    now, then = hubspot.vendor.records("contacts"), kept(during, "contacts")
    assert {key for key in now if then[key] != now[key]} <= {keys[0], keys[-1]}
    assert kept(after, "contacts") == now


@pytest.mark.parametrize(("platform", "stream"), [("stripe", CUSTOMERS), ("hubspot", "contacts")])
def test_f37_more_records_of_one_moment_than_a_page_holds_are_all_kept(
    running_aws: str, platform: str, stream: str
) -> None:
    world = new_world(running_aws, platform)
    world.choose(stream)
    world.sync()
    with world.vendor.frozen():
        world.vendor.create(stream, 250)
    world.vendor.advance(10)

    job = world.sync()

    assert (job.status, manifest_of(job).streams[stream].added) == ("completed", 250)
    assert kept(job, stream) == world.vendor.records(stream)


@pytest.mark.parametrize(("wrong", "status"), [(1, "completed"), (0, "partial")], ids=["once", "always"])
def test_f41_more_records_counted_than_shown_are_counted_again_and_then_reported(
    hubspot: World, wrong: int, status: str
) -> None:
    first = hubspot.sync()
    hubspot.vendor.create("contacts", 20)
    hubspot.vendor.advance(10)
    hubspot.vendor.fault("wrong_total", path=SEARCH, count=3, times=wrong)

    job = hubspot.sync()
    hubspot.vendor.forget_faults()
    after = hubspot.sync()

    found = manifest_of(job).streams["contacts"]
    assert job.status == status, found.reason
    assert (found.since == manifest_of(first).streams["contacts"].since) == (status == "partial")
    assert ("counts 3 more objects than it shows" in str(found.reason)) == (status == "partial")
    assert kept(after, "contacts") == hubspot.vendor.records("contacts")


def test_f42_a_record_that_vanishes_between_being_named_and_being_read_is_gone(world: World) -> None:
    world.choose(CUSTOMERS)
    gone, changed = sorted(kept(world.sync(), CUSTOMERS))[:2]
    world.vendor.change(CUSTOMERS, [gone, changed])
    world.vendor.fault("delete_row", path=f"/v1/customers/{gone}", collection=CUSTOMERS, text=gone)

    job = world.sync()

    customers = manifest_of(job).streams[CUSTOMERS]
    assert (struck(world, "delete_row"), job.status) == (1, "completed")
    assert (customers.deleted, customers.changed, customers.skipped) == (1, 1, [])
    assert kept(job, CUSTOMERS) == world.vendor.records(CUSTOMERS)


def test_f43_new_fields_and_changed_types_are_kept_as_sent(world: World) -> None:
    world.choose(LINKS, CUSTOMERS)
    world.vendor.create(LINKS, 20)
    world.vendor.fault("extra_field", path="/v1/payment_links", times=0)
    for field, after in (("created", 0), ("id", 1)):
        world.vendor.fault("changed_type", path="/v1/customers", field=field, count=5, times=0, after=after)

    job = world.sync()

    links, customers = kept(job, LINKS), kept(job, CUSTOMERS)
    assert job.status == "completed", manifest_of(job).reasons
    assert {key: without("introduced_today", line) for key, line in links.items()} == {
        key: json.loads(line) for key, line in world.vendor.records(LINKS).items()
    }
    assert sum(isinstance(json.loads(line)["created"], str) for line in customers.values()) == 5
    assert {key: int(json.loads(line)["created"]) for key, line in customers.items()} == {
        key: json.loads(line)["created"] for key, line in world.vendor.records(CUSTOMERS).items()
    }


def without(field: str, line: bytes) -> Any:
    record = json.loads(line)
    assert record.pop(field) == {"beta": True}
    return record
