"""A limit that a vendor counts per client is shared by all the jobs that run at it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.backup.run import Run, told
from chalicelib.backup.vendor import session_for
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Connector, Limit, Request
from chalicelib.connectors.stripe import STRIPE
from chalicelib.ids import new_id
from chalicelib.store.beginnings import new_job
from chalicelib.store.slots import Slot
from processors.runtime import means
from tests.backup.world import World

PER_CLIENT, PER_CONNECTION = Limit(10, 1, scope="client"), Limit(10, 1)
NAMES = ("job_id", "account_id", "source_id", "connection_id", "platform", "snapshot_id")


@pytest.fixture
def run(world: World) -> Iterator[Run]:
    """A job that runs, at a vendor that refuses none of its requests: time is simulated here only."""
    world.vendor.settings(limit={"requests": 0})
    job = world.request()
    Slot.of(job, datetime.now(UTC)).create()
    yield told({name: getattr(job, name) for name in NAMES}, Run)
    world.vendor.settings(limit={"requests": 100, "seconds": 1})


def another_runs(world: World, platform: str) -> Slot:
    """Let another account's job run at a platform."""
    now = datetime.now(UTC)
    job = new_job(world.source(), queue="sync", now=now)
    job.account_id = job.root_account_id = new_id("acc", now)
    job.job_id, job.platform = new_id("job", now), platform
    slot = Slot.of(job, now)
    slot.create()
    return slot


def stripe(limit: Limit) -> Connector:
    return replace(STRIPE, limits={"default": limit, "files": limit})


def times(run: Run, limit: Limit, requests: int) -> Iterator[float]:
    """Ask one thing after the other, in simulated time; give the seconds that had passed by then."""
    passed = [0.0]
    clock = Clock(monotonic=lambda: passed[0], sleep=lambda seconds: passed.__setitem__(0, passed[0] + seconds))
    with session_for(run, replace(means(lambda _: stripe(limit)), clock=clock)) as session:
        for _ in range(requests):
            session.fetch(Request("/v1/account"))
            yield passed[0]


@pytest.mark.parametrize(
    ("limit", "others", "seconds"),
    [
        (PER_CLIENT, [], 10),
        (PER_CLIENT, ["stripe"], 22),
        (PER_CLIENT, ["hubspot"], 10),
        (PER_CONNECTION, ["stripe"], 10),
    ],
)
def test_a_job_leaves_the_others_at_its_platform_their_part_of_a_limit_per_client(
    world: World, run: Run, limit: Limit, others: list[str], seconds: int
) -> None:
    for platform in others:
        another_runs(world, platform)

    assert max(times(run, limit, 110)) == pytest.approx(seconds, rel=0.1)


def test_a_job_makes_room_for_one_that_comes_and_takes_it_back_when_that_has_ended(world: World, run: Run) -> None:
    asking = times(run, PER_CLIENT, 900)
    alone = [next(asking) for _ in range(300)]
    other = another_runs(world, "stripe")
    together = [next(asking) for _ in range(300)]
    other.delete()
    again = [next(asking) for _ in range(300)]

    assert alone[-1] - alone[-100] == pytest.approx(10, rel=0.1)
    assert together[-1] - together[-100] == pytest.approx(20, rel=0.1)
    assert again[-1] - again[-100] == pytest.approx(10, rel=0.1)
