"""F54: a job's state holds 262,144 bytes; ours is as small with 10,000 streams as with one."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import boto3
import msgspec
import pytest

from chalicelib.backup import files, rounds
from chalicelib.backup.files import Batch
from chalicelib.backup.lanes import lane_of
from chalicelib.backup.plan import Plan, SlicePlan, StreamPlan
from chalicelib.backup.run import LaneTask, Run, told
from chalicelib.backup.seal import MOST_TOLD, first_of
from chalicelib.connectors import CONNECTORS
from chalicelib.errors import CancelledError, FatalError
from chalicelib.services import dispatch, jobs
from chalicelib.store.jobs import Job
from chalicelib.store.recording import Deed
from processors import runtime
from tests.backup.lambdas import call
from tests.backup.reading import manifest_of
from tests.backup.world import World

LIMIT = 262_144
SMALL = 8_192
STREAMS = 10_000
NAMES = ("job_id", "account_id", "source_id", "connection_id", "platform", "snapshot_id")


def running(world: World) -> tuple[Job, dict[str, Any]]:
    job = world.request()
    event: dict[str, Any] = {name: getattr(job, name) for name in NAMES}
    call("listbackup-test-authorize", event)
    return job, event


def keep(run: Run, name: str, what: Any) -> None:
    body = msgspec.json.encode(what)
    objects = runtime.means(CONNECTORS.__getitem__).temp
    assert objects.put_once(run.workspace(name), body, sha256=sha256(body).hexdigest())


def large_plan() -> Plan:
    """A plan for an account with 10,000 object types of its own, on three levels."""
    plans = [
        StreamPlan(f"2-{number:08d}_a_custom_object_type_with_a_long_name", "full", number % 3, (SlicePlan("00"),))
        for number in range(STREAMS)
    ]
    return Plan(until=datetime.now(UTC), streams={plan.name: plan for plan in plans})


def size(what: Any) -> int:
    return len(json.dumps(what))


def test_f54_a_plan_of_ten_thousand_streams_is_told_in_a_lane_a_level_that_has_every_slice_once(world: World) -> None:
    _job, event = running(world)
    run, plan = told(event, Run), large_plan()
    keep(run, "plan.json", plan)

    told_now = call("listbackup-test-plan", event)

    assert told_now["lanes"] == [{"level": 0, "lane": 0}]
    assert size(event | {"plan": told_now}) < SMALL
    every = [
        (one.stream, one.slice)
        for level in plan.levels()
        for one in lane_of(told(event | {"level": level, "lane": 0}, LaneTask), plan.lanes(level))
    ]
    assert len(every) == len(set(every)) == STREAMS


def test_f54_ten_million_files_are_told_in_a_hundred_lanes_that_have_every_batch_once(world: World) -> None:
    _job, event = running(world)
    run, batches = told(event, Run), [Batch("files", f"{number:05d}") for number in range(10_000)]
    keep(run, "files.json", batches)

    told_now = call("listbackup-test-plan-files", event)

    assert len(told_now["lanes"]) == files.MOST_LANES
    assert size(event | {"files": told_now}) < SMALL
    dealt = [name for lane in files.lanes(batches) for name in lane]
    assert sorted(dealt) == [("files.content", batch.batch) for batch in batches]


def test_f54_what_a_hundred_lanes_report_leaves_room_in_the_state(world: World) -> None:
    """AWS's longest error name has 256 characters, the cause that Close is told 32,768."""
    longest = {"level": 9, "lane": 9_999, "error": "E" * 256}
    lanes = [{"level": 9, "lane": 9_999}] * files.MOST_LANES
    failure = {"Error": "E" * 256, "Cause": "c" * 32_768}
    state = dict.fromkeys(NAMES, "x" * 64) | {"plan": {"lanes": lanes}, "files": {"lanes": lanes}}

    assert size(state | {"reads": [longest], "copies": [longest] * files.MOST_LANES, "failure": failure}) < (LIMIT / 2)


def test_f54_every_state_of_a_real_job_is_small(world: World) -> None:
    world.choose("payment_links", "payment_link_line_items", "files")

    job = world.sync()

    history = boto3.client("stepfunctions").get_execution_history(executionArn=arn_of(world, job), maxResults=1000)
    sizes = [len(text) for event in history["events"] for text in carried(event)]
    assert job.status == "completed"
    assert len(sizes) > 20
    assert max(sizes) < SMALL


def carried(found: Any) -> list[str]:
    """Every input and output that an event of a history holds."""
    if not isinstance(found, dict):
        return []
    here = [value for name, value in found.items() if name in {"input", "output"} and isinstance(value, str)]
    return here + [text for value in found.values() for text in carried(value)]


def arn_of(world: World, job: Job) -> str:
    return f"{world.machine_arn.replace(':stateMachine:', ':execution:')}:{job.job_id}"


def test_f54_a_lane_whose_worker_died_is_noted_by_the_next_round_and_the_others_go_on(world: World) -> None:
    world.choose("payment_links", "coupons")
    job, event = running(world)
    call("listbackup-test-plan", event)
    died = {"reads": [{"level": 0, "lane": 0, "error": "Runtime.ExitError"}]}

    after = call("listbackup-test-plan", event | died)
    for step in ("plan-files", "seal", "verify"):
        call(f"listbackup-test-{step}", event)

    assert (after["done"], after["lanes"]) == (True, [])
    assert call("listbackup-test-close", event) == {"status": "partial"}
    assert {stream.status for stream in manifest_of(job).streams.values()} == {"failed"}
    assert "its worker ended with Runtime.ExitError" in manifest_of(job).reasons[0]


def test_f54_a_lane_that_ended_by_its_turns_is_given_out_again_until_it_is_read(world: World) -> None:
    world.choose("payment_links")
    _job, event = running(world)
    first = call("listbackup-test-plan", event)

    again = call("listbackup-test-plan", event | {"plan": first, "reads": [{}]})
    call("listbackup-test-processor-stripe", event | {"step": "ReadStream"} | again["lanes"][0])
    last = call("listbackup-test-plan", event | {"plan": again, "reads": [{}]})

    assert (first["lanes"], again["lanes"]) == ([{"level": 0, "lane": 0}],) * 2
    assert [one["turns"] for one in (first, again, last)] == [1, 2, 3]
    assert last["done"]


def test_f54_a_worker_counts_its_turns(world: World) -> None:
    world.choose("payment_links")
    world.vendor.create("payment_links", 250)
    _job, event = running(world)
    call("listbackup-test-plan", event)
    lane = event | {"step": "ReadStream", "level": 0, "lane": 0}

    first = call("listbackup-test-processor-stripe", lane, seconds=20)
    second = call("listbackup-test-processor-stripe", lane | {"progress": first}, seconds=20)

    assert (first["done"], first["turns"], second["turns"]) == (False, 1, 2)


def test_f54_a_job_that_gets_nowhere_in_all_its_rounds_ends(world: World) -> None:
    world.choose("payment_links")
    _job, event = running(world)

    with pytest.raises(FatalError, match="given up after 160 rounds"):
        call("listbackup-test-plan", event | {"plan": {"done": False, "turns": rounds.MOST_ROUNDS}})


def test_f54_a_snapshots_list_entry_tells_the_first_of_ten_thousand_reasons() -> None:
    told_of = first_of([f"stream {number} is failed: {'x' * 2_000}" for number in range(STREAMS)])

    assert len(told_of) == MOST_TOLD + 1
    assert told_of[-1] == f"{STREAMS - MOST_TOLD} more reasons are in the manifest"
    assert size(told_of) < 100_000


def test_f54_the_death_of_a_lanes_execution_ends_no_job(world: World) -> None:
    """AWS may tell of a lane's execution under the machine's name and its map's: neither rule nor consumer takes it."""
    job, event = running(world)
    child = {"name": "0b1f", "status": "FAILED", "input": json.dumps(event | {"level": 0, "lane": 0})}

    dispatch.close_dead({"detail": child}, now=datetime.now(UTC))

    found = Job.fetch(account_id=job.account_id, job_id=job.job_id)
    assert found is not None
    assert found.status == "running"


def test_f54_a_cancelled_job_stops_its_lanes_whatever_becomes_of_their_executions(world: World) -> None:
    world.choose("payment_links")
    job, event = running(world)
    call("listbackup-test-plan", event)

    jobs.cancel(job, world.executions(), Deed(job.account_id, "usr_1", "jobs:update", "cor_1", datetime.now(UTC)))

    with pytest.raises(CancelledError):
        call("listbackup-test-processor-stripe", event | {"step": "ReadStream", "level": 0, "lane": 0})
    assert world.source().active_job_id is None
