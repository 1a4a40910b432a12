"""Reading a slice: deadlines, fences, cancellation."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.backup import checkpoints
from chalicelib.backup.run import SliceTask, told
from chalicelib.backup.vendor import session_for
from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Page
from chalicelib.connectors.stripe import STRIPE
from chalicelib.errors import CancelledError, LostLeaseError
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.store.endings import end_job
from chalicelib.store.jobs import Job
from processors.runtime import means, processor
from tests.backup.lambdas import Context, call
from tests.backup.reading import kept
from tests.backup.world import World

NAMES = ("job_id", "account_id", "source_id", "connection_id", "platform", "snapshot_id")
PROCESSOR = "listbackup-test-processor-stripe"
LINKS = "payment_links"
IN_A_RECORD = "jane@example.com"


def begun(world: World) -> tuple[Job, dict[str, Any]]:
    """A job that is planned, and the event of its only slice."""
    job = world.request()
    event: dict[str, Any] = {name: getattr(job, name) for name in NAMES}
    call("listbackup-test-authorize", event)
    call("listbackup-test-plan", event)
    return job, event | {"step": "ReadStream", "level": 0, "lane": 0}


def first_slice(event: dict[str, Any]) -> SliceTask:
    return told(event | {"stream": LINKS, "slice": "00"}, SliceTask)


def finish(job: Job, event: dict[str, Any]) -> None:
    call("listbackup-test-plan-files", event)
    for step in ("seal", "verify", "close"):
        call(f"listbackup-test-{step}", event)


def test_f5_a_worker_whose_time_is_up_leaves_a_checkpoint_and_is_called_again(world: World) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 350)
    job, event = begun(world)

    calls = [call(PROCESSOR, event, seconds=20)]
    while not calls[-1]["done"]:
        calls.append(call(PROCESSOR, event, seconds=20))
    finish(job, event)

    pages = [one for one in world.vendor.asked() if one["path"].endswith("/v1/payment_links")]
    assert len(calls) == 4
    assert len({one["query"] for one in pages}) == len(pages) - 1, "no page but the first, for its time, is read twice"
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_f9_of_two_workers_on_a_slice_the_earlier_one_can_no_longer_move_it(world: World) -> None:
    world.choose(LINKS)
    _job, event = begun(world)
    task, now = first_slice(event), datetime.now(UTC)
    early = checkpoints.claim(task, now)

    late = checkpoints.claim(task, now)

    with pytest.raises(LostLeaseError):
        checkpoints.advance(early, now, records=1)
    checkpoints.advance(late, now, records=2)
    assert kept_records(task) == 2


def test_a_slice_is_known_by_the_workers_that_died_with_it_until_something_is_read_of_it(world: World) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 150)
    _job, event = begun(world)
    task, now, lane = first_slice(event), datetime.now(UTC), [(LINKS, "00")]

    tries = [one.tries for _ in range(3) for one in checkpoints.left_of(task, lane) if checkpoints.claim(one, now)]
    world.vendor.fault("status", path="/v1/payment_links", status=429, retry_after="7200", after=1)
    call(PROCESSOR, event)

    assert tries == [0, 1, 2]
    assert [one.tries for one in checkpoints.left_of(task, lane)] == [0]


def test_a_worker_knows_what_the_one_before_has_just_asked_of_the_vendor(world: World) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 350)
    _job, event = begun(world)
    task = first_slice(event)

    with session_for(task, means(CONNECTORS.__getitem__)) as session:
        after_planning = session.recent()
    call(PROCESSOR, event)
    with session_for(task, means(CONNECTORS.__getitem__)) as session:
        after_reading = session.recent()

    assert len(after_reading) > len(after_planning)


def wrong(*_asked: Any) -> Page:
    raise TypeError(IN_A_RECORD)


def test_a_fault_of_ours_in_one_stream_stops_no_other_and_tells_nothing_of_a_record(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.choose(LINKS, "coupons")
    _job, event = begun(world)
    streams = tuple(replace(one, full=wrong) if one.name == LINKS else one for one in STRIPE.streams)

    answer = processor(replace(STRIPE, streams=streams))(event, Context(PROCESSOR))

    outcomes = {name: one.outcome for (name, _), one in checkpoints.of_job(first_slice(event)).items()}
    assert answer["done"]
    (told,) = [record for record in caplog.records if record.message == "a slice failed"]
    assert IN_A_RECORD not in caplog.text + str(vars(told))
    assert outcomes["coupons"]["status"] == "complete"
    assert outcomes[LINKS] == {"status": "failed", "reason": "reading it ended with TypeError; see its processor's log"}


def test_a_slice_that_could_not_even_ask_is_not_one_that_waits_in_vain(world: World) -> None:
    """The vendor told one slice to wait for hours; another, whose turn came then, has not waited yet."""
    names = [one.name for one in STRIPE.streams if one.children is None][:16]
    world.choose(LINKS, *names)
    job, event = begun(world)
    world.vendor.fault("status", path="/v1/*", status=429, retry_after="7200", times=1)

    told_now = call(PROCESSOR, event)
    found = checkpoints.of_job(first_slice(event)).values()
    left, outcomes = [one for one in found if not one.done], [one.outcome for one in found if not one.done]
    while not call(PROCESSOR, event)["done"]:
        pass
    finish(job, event)

    assert (told_now["done"], told_now["wait_seconds"]) == (False, pytest.approx(7200, abs=3))
    assert [outcome["waits"] for outcome in outcomes if outcome] == [1]
    assert {int(one.tries) for one in left} == {0}
    assert len(left) > 1
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def kept_records(task: SliceTask) -> int:
    found = Checkpoint.fetch(account_id=task.account_id, job_id=task.job_id, stream=task.stream, slice=task.slice)
    assert found is not None
    return int(found.records)


def test_f52_a_cancelled_job_reads_and_writes_nothing_more(world: World) -> None:
    world.choose(LINKS)
    job, event = begun(world)
    end_job(job, "cancelled", now=datetime.now(UTC))
    asked = len(world.vendor.asked())

    for name in (PROCESSOR, "listbackup-test-plan-files", "listbackup-test-seal", "listbackup-test-verify"):
        with pytest.raises(CancelledError):
            call(name, event)

    assert len(world.vendor.asked()) == asked
    assert call("listbackup-test-close", event) == {"status": "cancelled"}
    assert world.source().active_job_id is None


def test_every_step_may_be_repeated_after_the_job_has_ended_well(world: World) -> None:
    world.choose(LINKS)
    job, event = begun(world)
    assert call(PROCESSOR, event)["done"]
    finish(job, event)
    before = world.source().last_snapshot_id

    assert call("listbackup-test-close", event) == {"status": "completed"}
    with pytest.raises(CancelledError):
        call("listbackup-test-seal", event)

    assert world.source().last_snapshot_id == before == job.snapshot_id


def test_f28_f29_a_vendor_that_asks_for_hours_is_waited_for_outside_the_worker(world: World) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 150)
    job, event = begun(world)
    world.vendor.fault("status", path="/v1/payment_links", status=429, retry_after="7200", after=1)

    waiting = call(PROCESSOR, event)
    read_on = call(PROCESSOR, event)
    finish(job, event)

    assert (waiting["done"], waiting["wait_seconds"]) == (False, pytest.approx(7200, abs=2))
    assert read_on["done"]
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_a_slice_that_waits_without_end_fails_in_the_end(world: World) -> None:
    world.choose(LINKS)
    _job, event = begun(world)
    task = first_slice(event)
    checkpoint = checkpoints.claim(task, datetime.now(UTC))
    checkpoints.advance(checkpoint, datetime.now(UTC), outcome={"status": "waiting", "reason": "busy", "waits": 100})
    world.vendor.fault("status", path="/v1/payment_links", status=429, retry_after="7200", times=0)

    assert call(PROCESSOR, event) == {"done": True, "wait_seconds": 0, "turns": 1}

    found = checkpoints.of_job(task)[LINKS, "00"]
    assert found.outcome["status"] == "failed"
    assert "given up" in found.outcome["reason"]
