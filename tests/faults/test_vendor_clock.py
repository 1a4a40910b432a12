"""F25, F26: clocks that are wrong, and clocks that are set back while a worker is at it."""

from datetime import datetime, timedelta

import pytest
import requests

from chalicelib.backup import checkpoints
from chalicelib.backup.run import SliceTask
from chalicelib.errors import LostLeaseError
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.store.jobs import Job
from tests.backup.reading import kept, manifest_of
from tests.backup.world import World

CUSTOMERS = "customers"
NOON = datetime.fromisoformat("2026-11-25T12:00:00+00:00")


def vendors_time(world: World) -> datetime:
    answer = requests.get(f"{world.vendor.url}/_sandbox/clock", timeout=30)
    return datetime.fromisoformat(answer.json()["time"])


@pytest.mark.parametrize("minutes", [10, -10])
def test_f25_what_is_read_up_to_is_told_by_the_vendors_clock_and_nothing_between_two_runs_is_lost(
    world: World, minutes: int
) -> None:
    world.choose(CUSTOMERS)
    world.vendor.advance(60 * minutes)
    try:
        first, began = world.sync(), vendors_time(world)
        world.vendor.create(CUSTOMERS, 3)
        second = world.sync()
    finally:
        world.vendor.advance(-60 * minutes)

    assert abs(read_at(first) - began) < timedelta(seconds=60)
    assert [job.status for job in (first, second)] == ["completed", "completed"]
    assert manifest_of(second).streams[CUSTOMERS].added == 3
    assert kept(second, CUSTOMERS) == world.vendor.records(CUSTOMERS)


def read_at(job: Job) -> datetime:
    """Give the time up to which a job has read, as its snapshot keeps it."""
    return datetime.fromisoformat(manifest_of(job).streams[CUSTOMERS].since["read_at"])


def task() -> SliceTask:
    return SliceTask(
        account_id="account_id-1",
        job_id="job_id-1",
        source_id="source_id-1",
        connection_id="connection_id-1",
        snapshot_id="snapshot_id-1",
        platform="stripe",
        stream=CUSTOMERS,
        slice="00",
    )


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(0), -timedelta(hours=1)], ids=["back", "same", "on"])
def test_f26_of_two_workers_the_later_one_gets_on_whatever_their_clocks_say(back: timedelta) -> None:
    earlier = checkpoints.claim(task(), NOON)
    later = checkpoints.claim(task(), NOON - back)

    with pytest.raises(LostLeaseError):
        checkpoints.advance(earlier, NOON, records=1)
    checkpoints.advance(later, NOON - back, records=2)

    found = Checkpoint.fetch(account_id="account_id-1", job_id="job_id-1", stream=CUSTOMERS, slice="00")
    assert found is not None
    assert found.records == 2
