"""A1-A8, S1: the ways in which other tools have lost records without a word."""

from collections.abc import Iterator

import pytest

from tests.backup.reading import kept, manifest_of
from tests.backup.world import World, new_world
from tests.faults.conftest import Mortal, a_mortal_world
from tests.faults.lambdas import Machine
from tests.faults.test_kills import AfterEachCall, the_snapshot_is_the_vendors

LINKS, COUPONS, CUSTOMERS, CONTACTS = "payment_links", "coupons", "customers", "contacts"
WEEK_SECONDS = 7 * 86_400
SEARCH = "/crm/v3/objects/contacts/search"


@pytest.fixture
def hubspot(running_aws: str) -> World:
    """One HubSpot account as a source, of which contacts are backed up."""
    world = new_world(running_aws, "hubspot", contacts=30)
    world.choose(CONTACTS)
    return world


@pytest.fixture
def mortal_hubspot(sandbox: str) -> Iterator[Mortal]:
    """One HubSpot account as a source, backed up by workers that can be killed."""
    with a_mortal_world(sandbox, "hubspot") as found:
        yield found


@pytest.mark.parametrize("count", [3, 203], ids=["one page", "two pages"])
def test_a1_workers_killed_among_records_of_one_moment_lose_none_of_them(mortal_hubspot: Mortal, count: int) -> None:
    world = mortal_hubspot.world
    world.choose(CONTACTS)
    mortal_hubspot.machine().run(world.request())
    with world.vendor.frozen():
        world.vendor.create(CONTACTS, count)
    world.vendor.advance(10)
    job, killer = world.request(), AfterEachCall(mortal_hubspot, every=4)

    Machine(killer.call).run(job)

    assert killer.kills.total() > 10
    the_snapshot_is_the_vendors(world, job, CONTACTS)
    assert manifest_of(job).streams[CONTACTS].added == count


@pytest.mark.parametrize(
    ("platform", "stream", "path"), [("stripe", COUPONS, "/v1/coupons"), ("hubspot", CONTACTS, "/crm/v3/objects/c*")]
)
def test_a2_records_that_come_in_another_order_than_asked_for_are_all_kept(
    running_aws: str, platform: str, stream: str, path: str
) -> None:
    world = new_world(running_aws, platform)
    world.choose(stream)
    world.vendor.create(stream, 230)
    world.vendor.fault("shuffled_rows", path=path, times=0)

    full = world.sync()
    assert kept(full, stream) == world.vendor.records(stream)
    world.vendor.create(stream, 210)
    world.vendor.advance(10)
    changed = world.sync()

    for job in (full, changed):
        assert (job.status, manifest_of(job).streams[stream].status) == ("completed", "complete")
    assert kept(changed, stream) == world.vendor.records(stream)


def test_a3_a4_an_attempt_that_failed_moves_nothing_on_and_the_next_run_reads_what_it_missed(hubspot: World) -> None:
    first = hubspot.sync()
    hubspot.vendor.create(CONTACTS, 210)
    hubspot.vendor.advance(10)
    hubspot.vendor.fault("status", path=SEARCH, status=418, after=1, times=0)

    failed = hubspot.sync()
    hubspot.vendor.forget_faults()
    after = hubspot.sync()

    before, broken = manifest_of(first).streams[CONTACTS], manifest_of(failed).streams[CONTACTS]
    assert (failed.status, broken.status, broken.since) == ("partial", "partial", before.since)
    assert 0 < broken.added < 210
    assert after.status == "completed"
    assert kept(after, CONTACTS) == hubspot.vendor.records(CONTACTS)


def test_a4_a_stream_that_failed_leaves_no_end_of_its_own_though_the_others_do(world: World) -> None:
    world.choose(CUSTOMERS, COUPONS)
    first = world.sync()
    world.vendor.create(CUSTOMERS, 2)
    world.vendor.advance(30)
    world.vendor.fault("status", path="/v1/customers", status=418, times=0)

    job = world.sync()

    before, after = manifest_of(first).streams, manifest_of(job).streams
    assert (job.status, after[CUSTOMERS].status, after[COUPONS].status) == ("partial", "failed", "complete")
    assert after[CUSTOMERS].since == before[CUSTOMERS].since
    assert after[COUPONS].since["position"] > before[COUPONS].since["position"]


def test_a5_a_record_that_appears_late_with_an_earlier_time_is_found(world: World) -> None:
    world.choose(CUSTOMERS)
    position = manifest_of(world.sync()).streams[CUSTOMERS].since["position"]
    late = world.vendor.create(CUSTOMERS, 1)
    world.vendor.change(CUSTOMERS, late, created=position - 300)

    job = world.sync()

    assert late[0] in kept(job, CUSTOMERS)
    assert kept(job, CUSTOMERS) == world.vendor.records(CUSTOMERS)


def test_a5_a7_a_change_that_the_search_index_shows_only_later_is_found_by_the_next_run(hubspot: World) -> None:
    hubspot.sync()
    hubspot.vendor.settings(index_lag=400)
    hubspot.vendor.create(CONTACTS, 3)
    hubspot.vendor.advance(60)

    during = hubspot.sync()
    hubspot.vendor.advance(420)
    after = hubspot.sync()
    hubspot.vendor.settings(index_lag=5)

    assert [manifest_of(job).streams[CONTACTS].added for job in (during, after)] == [0, 3]
    assert kept(after, CONTACTS) == hubspot.vendor.records(CONTACTS)


def test_a8_what_stripe_tells_no_event_of_is_found_when_the_week_is_over(world: World) -> None:
    world.choose("invoiceitems")
    items = kept(world.sync(), "invoiceitems")
    world.vendor.change("invoiceitems", [min(items)])

    missed = world.sync()
    world.vendor.advance(WEEK_SECONDS)
    swept = world.sync()
    world.vendor.advance(-WEEK_SECONDS)

    assert kept(missed, "invoiceitems") == items
    assert swept.status == "completed"
    assert kept(swept, "invoiceitems") == world.vendor.records("invoiceitems") != items


def test_s1_a_record_that_cannot_be_kept_stops_neither_its_stream_nor_the_others(world: World) -> None:
    world.choose(LINKS, COUPONS)
    world.vendor.create(LINKS, 150)
    world.vendor.fault("null_key", path="/v1/payment_links", count=1, after=1)

    job = world.sync()

    links, coupons = (manifest_of(job).streams[name] for name in (LINKS, COUPONS))
    assert (links.status, links.quarantined, coupons.status) == ("complete", 1, "complete")
    assert links.since["position"] == coupons.since["position"] is not None
    assert kept(job, LINKS).keys() < world.vendor.records(LINKS).keys()
    assert kept(job, COUPONS) == world.vendor.records(COUPONS)
