"""A snapshot is verified with all that it stands on, in as many turns as that takes."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

import boto3
import msgspec
import pytest

from chalicelib.archive.layout import source_root
from chalicelib.aws.objects import S3Objects
from chalicelib.backup.means import Deadline
from chalicelib.backup.run import told
from chalicelib.backup.verify import MOST_TURNS, VerifyTask, verify_snapshot
from chalicelib.config import settings
from chalicelib.connectors import CONNECTORS
from chalicelib.errors import DamagedObjectError, FatalError, RetryableError
from chalicelib.store.jobs import Job
from chalicelib.store.snapshots import Snapshot
from processors import runtime
from tests.backup.lambdas import SECONDS, call
from tests.backup.reading import kept, manifest_of, snapshot_of
from tests.backup.world import World
from tests.faults.lambdas import Ended, Machine

LINKS = "payment_links"
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


def lose(world: World, job: Job) -> None:
    """Let the bucket have lost a part that a job has stored."""
    key = source_root(world.account_id, world.source_id) + manifest_of(job).streams[LINKS].parts[0].key
    boto3.client("s3").delete_object(Bucket=settings().data_bucket, Key=key)


def built_on(job: Job) -> str:
    previous = manifest_of(job).previous
    assert previous is not None
    return previous.snapshot


def change_checksums(world: World, job: Job, body: bytes) -> bytes:
    """Write other bytes over the first object that Verify reads of a job's snapshot; give what was there."""
    key = source_root(world.account_id, world.source_id) + manifest_of(job).checksums.key
    place: Any = {"Bucket": settings().data_bucket, "Key": key}
    before: bytes = boto3.client("s3").get_object(**place)["Body"].read()
    boto3.client("s3").put_object(**place, Body=body)
    return before


def sealed(world: World) -> dict[str, Any]:
    """Run a job up to its seal; give the event for its next step."""
    job = world.request()
    reached: list[dict[str, Any]] = []

    def until_verify(name: str, event: dict[str, Any]) -> Ended:
        if reached or name.endswith("-verify"):
            reached.append(event)
            return {"result": {"status": "running"}}
        return {"result": call(name, event)}

    Machine(until_verify).run(job)
    return reached[0]


def turn(event: dict[str, Any], before: Any = None) -> Any:
    """Let Verify have a turn that is over after its first few checks."""
    return call("listbackup-test-verify", event | ({"verification": before} if before else {}), seconds=1)


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
    assert built_on(stands_on_it) == lost.snapshot_id
    world.sync()

    job = world.sync()

    assert (job.status, built_on(job)) == ("completed", sound.snapshot_id)
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_a_verification_of_several_turns_is_gone_through_by_the_state_machine(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.choose(LINKS)
    never = sync_without_verify(world)
    monkeypatch.setitem(SECONDS, "listbackup-test-verify", 1)

    job = world.sync()

    events = boto3.client("stepfunctions").get_execution_history(
        executionArn=f"{world.machine_arn.replace(':stateMachine:', ':execution:')}:{job.job_id}", maxResults=1000
    )["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    assert (job.status, snapshot_of(job).verified, snapshot_of(never).verified) == ("completed", True, True)
    assert entered.count("Verify") == entered.count("IsVerified") > 2


def test_each_turn_goes_on_where_the_one_before_it_ended(world: World) -> None:
    world.choose(LINKS)
    event = sealed(world)
    (job,) = world.jobs

    first = turn(event)
    change_checksums(world, job, b"read by now")
    second = turn(event, first)

    assert (first["done"], first["turns"], first["next"]) == (False, 1, {"snapshot_id": job.snapshot_id, "checked": 2})
    assert (second["done"], second["turns"], snapshot_of(job).verified) == (True, 2, True)


def test_what_one_job_found_whole_below_its_snapshot_the_next_one_need_not_read_again(world: World) -> None:
    world.choose(LINKS)
    never, event = sync_without_verify(world), sealed(world)
    cut_off = turn(event, turn(event, turn(event)))
    call("listbackup-test-close", event | TIMED_OUT)
    lose(world, never)

    job = world.sync()

    assert cut_off["next"]["snapshot_id"] == event["snapshot_id"]
    assert (snapshot_of(never).verified, snapshot_of(job).verified) == (True, True)


def test_f20_damage_that_an_early_turn_found_is_not_forgotten(world: World) -> None:
    world.choose(LINKS)
    event = sealed(world)
    (job,) = world.jobs
    checksums = change_checksums(world, job, b"damaged")

    first = turn(event)
    change_checksums(world, job, checksums)
    lose(world, job)
    with pytest.raises(DamagedObjectError, match=r"checksums.*part-00-00001"):
        turn(event, first)

    assert (snapshot_of(job).status, snapshot_of(job).verified) == ("suspect", False)
    assert len(damage_told(snapshot_of(job))) == 2


def test_f20_damage_is_not_built_on_though_the_turns_after_it_was_found_never_came(world: World) -> None:
    world.choose(LINKS)
    event = sealed(world)
    change_checksums(world, world.jobs[0], b"damaged")
    assert not turn(event)["done"]

    call("listbackup-test-close", event | TIMED_OUT)

    assert world.source().last_snapshot_id is None


def test_f1_a_turn_that_is_run_twice_does_no_harm(world: World) -> None:
    world.choose(LINKS)
    never, event = sync_without_verify(world), sealed(world)

    came = turn(event)
    while not came["done"]:
        turn(event, came)
        came = turn(event, came)

    assert came["turns"] > 2
    assert (snapshot_of(world.jobs[-1]).verified, snapshot_of(never).verified) == (True, True)


def test_f1_damage_that_a_turn_finds_twice_is_told_once(world: World) -> None:
    world.choose(LINKS)
    event = sealed(world)
    change_checksums(world, world.jobs[0], b"damaged")

    assert turn(event) == turn(event)

    assert len(damage_told(snapshot_of(world.jobs[0]))) == 1


class Meddled(S3Objects):
    """The archive, while another attempt is faster."""

    def get(self, key: str) -> bytes:
        """Give an object's bytes, once the other attempt has changed the snapshot that they belong to."""
        (snapshot,) = Snapshot.within(account_id=key.split("/")[1], source_id=key.split("/")[3])
        snapshot.change(now=datetime.now(UTC), reasons=[])
        return super().get(key)


def test_f1_of_two_attempts_at_once_one_is_asked_to_try_again(world: World) -> None:
    world.choose(LINKS)
    event = sealed(world)
    means = runtime.means(CONNECTORS.__getitem__)
    meddled = replace(means, data=Meddled(boto3.client("s3"), settings().data_bucket))

    with pytest.raises(RetryableError, match="another attempt is verifying"):
        verify_snapshot(told(event, VerifyTask), meddled, Deadline(lambda: 0, 900))
    again = turn(event, turn(event))

    assert again["done"]


def test_contents_are_read_again_once_in_a_turn_that_has_time_for_them(world: World) -> None:
    world.choose("files")
    event = sealed(world)
    (job,) = world.jobs
    means = runtime.means(CONNECTORS.__getitem__)
    late, fresh = chain([0], repeat(400)), repeat(0)

    first = verify_snapshot(told(event, VerifyTask), means, Deadline(lambda: next(late), 900))
    assert (first.done, snapshot_of(job).contents) == (False, None)
    again = told(event | {"verification": msgspec.to_builtins(first)}, VerifyTask)
    second = verify_snapshot(again, means, Deadline(lambda: next(fresh), 900))

    assert (second.done, snapshot_of(job).verified) == (True, True)
    assert snapshot_of(job).contents["objects"] == len(world.vendor.records("files")) > 0


def test_f54_a_verification_that_does_not_end_is_given_up(world: World) -> None:
    world.choose(LINKS)
    event = sealed(world)

    with pytest.raises(FatalError, match="not verified after 90 turns"):
        turn(event, {"done": False, "turns": MOST_TURNS})
