"""How sources that are due get their jobs."""

from datetime import timedelta
from typing import Any

from chalicelib.aws.queue import Queues
from chalicelib.services import dispatch
from chalicelib.store.activity import Event
from chalicelib.store.connections import Connection
from chalicelib.store.sources import Source
from tests.faults.calls import Refusing, seen
from tests.services.jobs import NOW, a_job, a_source


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
