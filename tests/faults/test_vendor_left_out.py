"""What a job could not look into is neither lost to the next one nor taken for gone."""

from collections import Counter

import pytest
import requests

from tests.backup.reading import kept, manifest_of
from tests.backup.world import World, new_world

LINKS, ITEMS = "payment_links", "payment_link_line_items"


@pytest.fixture
def links(world: World) -> World:
    """A Stripe account whose payment links and their items are backed up."""
    world.choose(LINKS, ITEMS)
    world.vendor.create(LINKS, 5)
    world.sync()
    world.vendor.advance(10)
    return world


def test_children_of_parents_that_changed_in_a_job_which_failed_on_them_are_read_by_the_next(links: World) -> None:
    links.vendor.create(LINKS, 7)
    links.vendor.fault("status", path="/v1/payment_links/*/line_items", status=418, times=0)
    failed = links.sync()
    links.vendor.forget_faults()
    links.vendor.advance(10)

    job = links.sync()

    assert (failed.status, job.status) == ("partial", "completed")
    assert kept(job, ITEMS) == links.vendor.records(ITEMS)


def test_children_of_parents_that_changed_while_they_were_not_chosen_are_read_once_they_are(links: World) -> None:
    links.choose(LINKS)
    links.vendor.create(LINKS, 7)
    links.sync()
    links.vendor.advance(10)
    links.choose(LINKS, ITEMS)

    job = links.sync()

    assert kept(job, ITEMS) == links.vendor.records(ITEMS)


def test_children_that_the_vendor_does_not_show_this_time_stay(links: World) -> None:
    links.vendor.fault("status", path="/v1/payment_links/*/line_items", status=404, times=2)

    job = links.sync("full")

    items = manifest_of(job).streams[ITEMS]
    assert (len(items.skipped), items.deleted) == (2, 0)
    assert kept(job, ITEMS) == links.vendor.records(ITEMS)


def test_children_that_are_gone_are_found_gone_beside_some_that_are_not_shown(links: World) -> None:
    first, *others = sorted(links.vendor.records(LINKS))
    links.vendor.fault("status", path=f"/v1/payment_links/{first}/line_items", status=404, times=0)
    links.vendor.delete(LINKS, others)
    links.vendor.advance(10)

    job = links.sync("full")

    assert {key.partition("/")[0] for key in kept(job, ITEMS)} == {first}


def test_f42_an_invoice_that_is_gone_takes_no_lines_of_other_invoices_with_it(running_aws: str) -> None:
    world = new_world(running_aws, invoices=900)
    world.choose("invoices", "invoice_lines")
    lines = world.vendor.records("invoice_lines")
    *_, gone = (key for key, count in Counter(map(_parent, lines)).items() if count > 10)
    world.vendor.fault("status", path=f"/v1/invoices/{gone}/lines", status=404, times=0)

    job = world.sync()

    assert set(lines) - set(kept(job, "invoice_lines")) == {key for key in lines if _parent(key) == gone}
    assert [one.key for one in manifest_of(job).streams["invoice_lines"].skipped] == [gone]


def _parent(key: str) -> str:
    return key.partition("/")[0]


def test_what_no_listing_shows_stays_in_a_full_backup_and_goes_when_its_event_says_so(world: World) -> None:
    world.choose("prices")
    world.sync()
    (hidden,) = world.vendor.create("prices", 1, active=False, inline=True)
    world.vendor.advance(10)
    world.sync()
    stayed = world.sync("full")
    world.vendor.delete("prices", [hidden])
    world.vendor.advance(10)

    gone = world.sync()

    assert hidden in kept(stayed, "prices")
    assert hidden not in kept(gone, "prices")
    assert manifest_of(gone).streams["prices"].deleted == 1


def test_a_group_that_may_not_be_read_stays_and_makes_the_snapshot_partial(running_aws: str) -> None:
    world = new_world(running_aws, "hubspot")
    world.choose("properties")
    before = kept(world.sync(), "properties")
    world.vendor.fault("status", path="/crm/v3/properties/deals", status=403, times=0)

    job = world.sync()

    properties = manifest_of(job).streams["properties"]
    assert (job.status, properties.deleted) == ("partial", 0)
    assert "deals may not be read" in manifest_of(job).reasons[0]
    assert kept(job, "properties") == before


def test_a_file_that_could_not_be_copied_makes_the_snapshot_partial_and_is_copied_by_the_next_job(
    running_aws: str,
) -> None:
    world = new_world(running_aws, "dropbox")
    world.choose("files")
    world.vendor.fault("status", path="/2/files/download", status=418, times=1)

    partial, whole = world.sync(), world.sync()

    left = manifest_of(partial).streams["files.content"]
    assert (partial.status, len(left.skipped)) == ("partial", 1)
    assert "files.content: 1 are there that could not be had" in manifest_of(partial).reasons[0]
    contents = manifest_of(whole).streams["files.content"]
    assert (whole.status, contents.added, contents.live) == ("completed", 1, left.live + 1)


@pytest.mark.parametrize("gone", [0, 1])
def test_f42_a_file_that_is_gone_when_it_is_copied_takes_no_other_of_the_same_bytes_with_it(
    running_aws: str, gone: int
) -> None:
    world = new_world(running_aws, "hubspot", files=0)
    world.choose("files")
    header = {"Authorization": f"Bearer {world.vendor.token()['access_token']}"}
    address = f"{running_aws}/api.hubapi.com/files/v3/files"
    both = [
        requests.post(address, files={"file": (name, b"the same")}, headers=header, timeout=30).json()["id"]
        for name in ("a.txt", "b.txt")
    ]
    world.vendor.fault("status", path=f"/files/v3/files/{both[gone]}/signed-url", status=404, times=0)

    job = world.sync()

    contents = manifest_of(job).streams["files.content"]
    assert (job.status, contents.live, contents.skipped) == ("completed", 1, [])
