"""How many jobs run at once, and of whom."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.aws.executions import Executions
from chalicelib.aws.queue import Queues
from chalicelib.services import dispatch, slots
from chalicelib.store.beginnings import new_job
from chalicelib.store.endings import end_job
from chalicelib.store.jobs import Job
from chalicelib.store.slots import Slot, take
from tests.faults.calls import KilledError, Refusing, killed_at, seen
from tests.services.jobs import NOW, a_job, a_source, an_account, another_of, message, received, status_of, waiting

ROOT = "acc_mallory"


def jobs_in_sub_accounts(most: int) -> list[Job]:
    """Queued jobs of one tenant, ten in each of its sub-accounts."""
    an_account(ROOT)
    made = []
    for sub in range(most // slots.RUNNING_PER_ACCOUNT):
        an_account(f"{ROOT}_{sub}", below=ROOT)
        made += [a_job(a_source(f"{ROOT}_{sub}"), "queued") for _ in range(slots.RUNNING_PER_ACCOUNT)]
    return made


def held() -> set[str]:
    return {slot.job_id for slot in Slot.indexed("index2", held="SLOT")}


def begin(job: Job, queues: Queues, executions: Executions) -> bool:
    """Receive the job's newest message for the last time; where the job has to wait, it is sent anew."""
    known = Job.fetch(account_id=job.account_id, job_id=job.job_id)
    assert known is not None
    newest = message(job, receives=dispatch.RECEIVES, resent=int(known.resent))
    dispatch.start(newest, queues=queues, executions=executions, now=NOW)
    return executions.status(job.job_id) == "RUNNING"


def test_s49_a_tenants_sub_accounts_together_hold_a_share_of_a_platform_and_others_start(
    queues: Queues, executions: Executions
) -> None:
    theirs = jobs_in_sub_accounts(40)
    begun = [begin(job, queues, executions) for job in theirs]
    victims = a_job(a_source("acc_victim"), "queued")

    assert begin(victims, queues, executions)

    assert sum(begun) == slots.RUNNING_PER_ROOT_AND_PLATFORM == slots.RUNNING_PER_PLATFORM // 4


def test_s49_a_tenant_that_holds_its_share_waits_in_the_queue_until_one_of_its_jobs_ends(
    queues: Queues, executions: Executions
) -> None:
    *theirs, last = jobs_in_sub_accounts(30)[: slots.RUNNING_PER_ROOT_AND_PLATFORM + 1]
    for job in theirs:
        begin(job, queues, executions)
    held_up = received(queues, message(last)["body"], last.account_id)

    assert not dispatch.start(held_up, queues=queues, executions=executions, now=NOW)
    assert end_job(theirs[0], "completed", now=NOW)
    assert begin(last, queues, executions)


def test_s49_a_share_is_of_one_platform(
    queues: Queues, executions: Executions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "RUNNING_PER_ROOT_AND_PLATFORM", 1)
    a_job(a_source(), "running")
    other = a_source()
    other.platform = "hubspot"

    assert begin(a_job(other, "queued"), queues, executions)


def test_a_platform_that_is_full_is_full_for_everybody(
    queues: Queues, executions: Executions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "RUNNING_PER_PLATFORM", 3)
    for number in range(3):
        a_job(a_source(f"acc_{number}"), "running")

    assert not begin(a_job(a_source("acc_victim"), "queued"), queues, executions)


def test_s49_a_start_reads_no_other_tenants_waiting_jobs(
    queues: Queues, executions: Executions, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        a_job(a_source(f"acc_mallory{number % 4}"), "queued")
    a_job(a_source("acc_other"), "running")
    victims, read = a_job(a_source("acc_victim"), "queued"), list[str]()
    answers(monkeypatch, read)

    assert begin(victims, queues, executions)

    assert sum("acc_mallory" in one for one in read) == 0
    assert len(read) < 10


def answers(monkeypatch: pytest.MonkeyPatch, read: list[str]) -> None:
    """Note every item that is read."""
    plain = Job.from_raw_data.__func__  # type: ignore[attr-defined]

    def noted(cls: type[Job], data: dict[str, Any]) -> Job:
        read.append(str(data))
        found: Job = plain(cls, data)
        return found

    for kind in (Job, Slot):
        monkeypatch.setattr(kind, "from_raw_data", classmethod(noted))


def test_a_starter_that_dies_leaves_no_slot_for_good(queues: Queues, executions: Executions) -> None:
    """Dead at any of its calls, the message comes again, and the job runs and ends in one slot."""
    for number in range(9):
        job = a_job(a_source(f"acc_{number}"), "queued")
        with suppress(KilledError), killed_at(number):
            dispatch.start(message(job), queues=queues, executions=executions, now=NOW)

        assert begin(job, queues, executions)
        assert held() == {job.job_id}
        assert end_job(job, "completed", now=NOW)
        assert held() == set()


def test_a_job_cancelled_while_it_is_started_leaves_no_slot(queues: Queues, executions: Executions) -> None:
    job = a_job(a_source(), "queued")
    assert end_job(job, "cancelled", now=NOW)

    assert not take(job, NOW)

    assert held() == set()


def test_a_job_that_is_going_on_is_not_held_up_by_its_own_slot(
    queues: Queues, executions: Executions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "RUNNING_PER_PLATFORM", 1)
    job = a_job(a_source(), "queued")
    take(job, NOW)

    assert begin(job, queues, executions)


def test_the_sweeper_frees_slots_of_jobs_that_have_ended_or_are_gone(queues: Queues, executions: Executions) -> None:
    ended, gone = a_job(a_source(), "running"), a_job(a_source(), "running")
    ended.update(actions=[Job.status.set("completed"), Job.index2_pk.remove(), Job.index2_sk.remove()])
    gone.delete()

    dispatch.sweep(NOW, queues=queues, executions=executions)

    assert held() == set()


def test_a_job_begun_before_there_were_slots_is_counted_by_its_account_and_ends_as_ever(
    queues: Queues, executions: Executions
) -> None:
    source = a_source()
    old = new_job(source, queue="sync", now=NOW - timedelta(hours=1))
    old.status, old.root_account_id = "running", None
    old.create()
    executions.start(old.job_id, {})

    dispatch.sweep(NOW, queues=queues, executions=executions)

    assert [slot.job_id for slot in Slot.within(root_account_id="acc_1")] == [old.job_id]
    assert not begin(a_job(another_of(source), "queued"), queues, executions)
    assert end_job(old, "completed", now=NOW)
    assert held() == set()


def test_a_slot_that_others_interfere_with_is_taken_when_the_message_comes_again(
    queues: Queues, executions: Executions
) -> None:
    job = a_job(a_source(), "queued")

    with pytest.raises(Exception, match="try again"), seen("before-call", Refusing("TransactionConflict", 1)):
        begin(job, queues, executions)

    assert (status_of(job), waiting(queues)) == ("queued", [])
    assert begin(job, queues, executions)
