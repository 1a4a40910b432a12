"""A snapshot is verified with all that it stands on."""

from typing import Any

import boto3

from chalicelib.archive.layout import source_root
from chalicelib.config import settings
from chalicelib.store.jobs import Job
from chalicelib.store.snapshots import Snapshot
from tests.backup.lambdas import call
from tests.backup.reading import kept, manifest_of, snapshot_of
from tests.backup.world import World
from tests.faults.lambdas import Ended, Machine

LINKS = "payment_links"
NAMES = ("account_id", "job_id", "source_id", "connection_id", "snapshot_id", "platform")
TIMED_OUT = {"failure": {"Error": "Sandbox.Timedout", "Cause": "Task timed out after 900.00 seconds"}}


def sync_without_verify(world: World) -> Job:
    """Run a job whose Verify never comes to its end."""
    job = world.request()
    assert Machine(_without_verify).run(job) == "partial"
    assert not snapshot_of(job).verified
    world.vendor.create(LINKS)
    world.vendor.advance(10)
    return job


def _without_verify(name: str, event: dict[str, Any]) -> Ended:
    if name.endswith("-verify"):
        return {"result": call("listbackup-test-close", event | TIMED_OUT)}
    return {"result": call(name, event)}


def lose(world: World, job: Job, part: int = 0) -> None:
    """Let the bucket have lost a part that a job has stored."""
    key = source_root(world.account_id, world.source_id) + manifest_of(job).streams[LINKS].parts[part].key
    boto3.client("s3").delete_object(Bucket=settings().data_bucket, Key=key)


def damage_told(snapshot: Snapshot) -> list[str]:
    return [anomaly["detail"] for anomaly in snapshot.anomalies if anomaly["what"] == "damaged"]


def test_a_snapshot_is_verified_with_those_it_stands_on_that_never_were(world: World) -> None:
    world.choose(LINKS)
    never = [sync_without_verify(world), sync_without_verify(world)]

    job = world.sync()

    assert (job.status, snapshot_of(job).verified) == ("completed", True)
    assert [snapshot_of(one).verified for one in never] == [True, True]
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_f20_a_snapshot_that_stands_on_a_lost_part_is_not_green_and_names_it(world: World) -> None:
    world.choose(LINKS)
    first, second = sync_without_verify(world), sync_without_verify(world)
    lose(world, first)

    job = world.sync()

    assert (job.status, job.error["type"]) == ("partial", "DamagedObjectError")
    told = damage_told(snapshot_of(job))
    assert told[0].startswith(manifest_of(first).streams[LINKS].parts[0].key)
    for one in (first, second, job):
        assert (snapshot_of(one).status, snapshot_of(one).verified, damage_told(snapshot_of(one))) == (
            "suspect", False, told,
        )  # fmt: skip


def test_f20_what_stands_on_damage_is_not_built_on_and_the_next_job_is_whole(world: World) -> None:
    world.choose(LINKS)
    lost, _stands_on_it = sync_without_verify(world), sync_without_verify(world)
    lose(world, lost)
    world.sync()
    assert world.source().last_snapshot_id is None

    job = world.sync()

    assert (job.status, snapshot_of(job).verified, manifest_of(job).previous) == ("completed", True, None)
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_f20_the_next_job_builds_on_the_newest_snapshot_before_the_damage(world: World) -> None:
    world.choose(LINKS)
    sound = world.sync()
    world.vendor.create(LINKS)
    world.vendor.advance(10)
    lost, stands_on_it = sync_without_verify(world), sync_without_verify(world)
    lose(world, lost)
    assert manifest_of(stands_on_it).previous.snapshot == lost.snapshot_id
    world.sync()

    job = world.sync()

    assert (job.status, manifest_of(job).previous.snapshot) == ("completed", sound.snapshot_id)
    assert kept(job, LINKS) == world.vendor.records(LINKS)
