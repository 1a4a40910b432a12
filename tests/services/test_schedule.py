"""How sources that are due get their jobs."""

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.aws.queue import Queues
from chalicelib.services import dispatch, turns
from chalicelib.store.activity import Event
from chalicelib.store.connections import Connection
from chalicelib.store.sources import Source
from tests.faults.calls import Refusing, seen
from tests.services.jobs import NOW, a_job, a_source, an_account


def scheduled(minutes: int = 60, **fields: Any) -> Source:
    planned = fields.pop("next_sync_at", NOW - timedelta(minutes=5))
    return a_source(due="DUE", next_sync_at=planned, settings={"interval_minutes": minutes}, **fields)


def test_a_source_that_is_due_gets_a_job_and_its_next_time(queues: Queues) -> None:
    source = scheduled()

    (job,) = dispatch.sync_due(NOW)

    found = Source.fetch(account_id="acc_1", source_id=source.source_id)
    assert found is not None
    assert (job.queue, job.source_id, found.active_job_id) == ("backup", source.source_id, job.job_id)
    assert found.next_sync_at == NOW + timedelta(minutes=55)


def test_a_job_that_the_schedule_begins_is_recorded_as_nobodys(queues: Queues) -> None:
    scheduled()

    (job,) = dispatch.sync_due(NOW)

    (event,) = Event.within(account_id="acc_1")
    assert [event.action, event.user_id] == ["sources:sync", None]
    assert event.resource_id == event.correlation_id == job.job_id


def test_an_account_too_busy_to_record_is_left_for_the_next_time_and_holds_up_no_other(queues: Queues) -> None:
    scheduled(), scheduled(account="acc_2")

    with seen("before-call", Refusing("TransactionConflict", 1000, holding="acc_1")):
        begun = dispatch.sync_due(NOW)

    assert [job.account_id for job in begun] == ["acc_2"]
    assert [job.account_id for job in dispatch.sync_due(NOW)] == ["acc_1"]


def test_two_schedulers_at_once_begin_one_job(queues: Queues) -> None:
    scheduled()

    begun = [*dispatch.sync_due(NOW), *dispatch.sync_due(NOW)]

    assert len(begun) == 1


def test_a_busy_source_is_skipped_to_its_next_time(queues: Queues) -> None:
    source = scheduled()
    running = a_job(source, "running", at=NOW - timedelta(minutes=10))

    assert dispatch.sync_due(NOW) == []

    found = Source.fetch(account_id="acc_1", source_id=source.source_id)
    assert found is not None
    assert (found.active_job_id, found.next_sync_at) == (running.job_id, NOW + timedelta(minutes=55))


def test_a_source_whose_connection_needs_its_owner_is_not_backed_up_in_vain(queues: Queues) -> None:
    source = scheduled()
    connection = Connection.fetch(account_id="acc_1", connection_id=source.connection_id)
    assert connection is not None
    connection.change(now=NOW, status="expired")

    assert dispatch.sync_due(NOW) == []


def test_a_source_that_is_not_due_waits(queues: Queues) -> None:
    scheduled(next_sync_at=NOW + timedelta(seconds=1))

    assert dispatch.sync_due(NOW) == []


def test_s49_one_tenants_schedules_delay_nobody_elses(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TRIED_PER_ROOT", 3)
    for number in range(10):
        scheduled(account=f"acc_mallory{number % 2}", root_account_id="acc_mallory")
    scheduled(account="acc_victim", next_sync_at=NOW)

    begun = dispatch.sync_due(NOW)

    assert [job.root for job in begun] == ["acc_mallory"] * 3 + ["acc_victim"]


def test_s49_what_a_turn_leaves_is_begun_late_and_not_lost(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TRIED_PER_ROOT", 3)
    due = {scheduled().source_id for _ in range(7)}

    begun = [dispatch.sync_due(NOW + timedelta(minutes=5 * turn)) for turn in range(3)]

    assert [len(jobs) for jobs in begun] == [3, 3, 1]
    assert {job.source_id for jobs in begun for job in jobs} == due


def test_s49_a_turn_goes_on_page_after_page_until_its_time_is_up(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "DUE_PER_PAGE", 2)
    for number in range(7):
        scheduled(account=f"acc_{number}")
    left = iter([True, True, True, True, True, False])

    first = dispatch.sync_due(NOW, in_time=lambda: next(left))
    second = dispatch.sync_due(NOW)

    assert (len(first), len(second)) == (5, 2)


def test_a_turn_ends_before_its_function_is_stopped() -> None:
    told = json.loads((Path(__file__).parents[2] / ".chalice/config.json").read_text())
    allowed = told["lambda_functions"]["sync_due"]["lambda_timeout"]

    assert allowed >= turns.SECONDS + 30
    assert (turns.lasting(60)(), turns.lasting(0)()) == (True, False)


def test_s49_schedules_take_from_an_allowance_of_their_tenant_and_wait_for_the_next_hour(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "settings", lambda: SimpleNamespace(syncs_per_hour=2))
    for number in range(3):
        scheduled(account=f"acc_{number}", root_account_id="acc_root", minutes=24 * 60)
    scheduled(account="acc_victim", next_sync_at=NOW)

    now, next_hour = dispatch.sync_due(NOW), dispatch.sync_due(NOW + timedelta(hours=1))

    assert [job.root for job in now] == ["acc_root", "acc_root", "acc_victim"]
    assert [job.root for job in next_hour if job.root == "acc_root"] == ["acc_root"]


def test_a_source_from_before_sources_had_roots_counts_with_its_tenant_from_its_next_job_on(queues: Queues) -> None:
    an_account("acc_root")
    an_account("acc_sub", below="acc_root")
    source = scheduled(account="acc_sub")

    dispatch.sync_due(NOW)

    assert [one.source_id for one in Source.of_tree("acc_root")] == [source.source_id]
