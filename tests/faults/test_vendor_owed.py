"""A record that is there and could not be had is missed by every snapshot until it is had, not by the first alone."""

import pytest

from tests.backup.reading import kept, manifest_of
from tests.backup.world import World

CUSTOMERS, LINKS, ITEMS = "customers", "payment_links", "payment_link_line_items"
WEEK_SECONDS = 7 * 86_400
OUT_OF_SIGHT_SECONDS = 3600
"""So long before a job that the one after it does not look back as far."""


def too_large(world: World, stream: str, key: str) -> None:
    """Let a record change, and be too large to be read; only the next job looks at what has changed."""
    world.vendor.advance(60)
    world.vendor.change(stream, [key], metadata={"changed": "yes"})
    world.vendor.fault("bomb", path=f"/v1/{stream}/{key}", mebibytes=97, times=0)
    world.vendor.advance(OUT_OF_SIGHT_SECONDS)


@pytest.fixture
def large(world: World) -> World:
    """A Stripe account one of whose customers was too large to be read when it changed."""
    world.choose(CUSTOMERS)
    world.sync()
    too_large(world, CUSTOMERS, min(world.vendor.records(CUSTOMERS)))
    world.sync()
    world.vendor.forget_faults()
    return world


def test_the_snapshots_after_say_so_until_it_changes_again(large: World) -> None:
    after = large.sync()
    key = min(large.vendor.records(CUSTOMERS))
    large.vendor.change(CUSTOMERS, [key], metadata={"changed": "again"})
    large.vendor.advance(60)

    had = large.sync()

    skipped = manifest_of(after).streams[CUSTOMERS].skipped
    assert (after.status, [(one.key, one.there) for one in skipped]) == ("partial", [(key, True)])
    assert (had.status, manifest_of(had).streams[CUSTOMERS].skipped) == ("completed", [])
    assert kept(had, CUSTOMERS) == large.vendor.records(CUSTOMERS)


def test_it_is_had_with_the_next_full_listing_at_the_latest(large: World) -> None:
    large.vendor.advance(WEEK_SECONDS)

    job = large.sync()

    large.vendor.advance(-WEEK_SECONDS)
    assert job.status == "completed"
    assert kept(job, CUSTOMERS) == large.vendor.records(CUSTOMERS)


def test_the_children_of_a_parent_that_could_not_be_had_are_missed_with_it(world: World) -> None:
    world.choose(LINKS, ITEMS)
    world.vendor.create(LINKS, 5)
    world.sync()
    key = min(world.vendor.records(LINKS))
    too_large(world, LINKS, key)
    first = world.sync()
    world.vendor.forget_faults()
    jobs = [first, world.sync()]
    world.vendor.change(LINKS, [key], metadata={"changed": "again"})
    world.vendor.advance(60)

    had = world.sync()

    for job in jobs:
        streams = manifest_of(job).streams
        assert (job.status, [[one.key for one in streams[name].skipped] for name in (LINKS, ITEMS)]) == (
            "partial",
            [[key], [key]],
        )
    assert had.status == "completed"
    assert [kept(had, name) == world.vendor.records(name) for name in (LINKS, ITEMS)] == [True, True]
