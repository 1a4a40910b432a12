"""What is suspended or deleted takes everything below it along."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.services import dispatch
from chalicelib.store import places
from chalicelib.store.accounts import Account
from chalicelib.store.endings import end_job
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from tests.api.conftest import Someone
from tests.api.test_round_trips import counted


@pytest.fixture
def line(ada: Someone) -> list[str]:
    """A root account, one below it, and one below that."""
    found = [ada.account_id]
    for name in ("Sub", "Below"):
        found.append(ada.http.post(f"/accounts/{found[-1]}/sub-accounts", {"name": name}).json["accountId"])
    return found


def becomes(account_id: str, status: str) -> None:
    account = Account.fetch(account_id=account_id)
    assert account is not None
    account.change(now=datetime.now(UTC), status=status)


@pytest.mark.parametrize("upper", [0, 1])
def test_s51_a_suspended_tenant_goes_on_in_none_of_its_sub_accounts(ada: Someone, line: list[str], upper: int) -> None:
    becomes(line[upper], "suspended")

    for account_id in line[upper:]:
        inside = ada.http.but(x_account_context=account_id)
        refused = inside.patch("/account", {"name": "Another"})

        assert (refused.status, inside.get("/account").status, inside.get("/sources").status) == (403, 200, 200)
        assert "suspended" in refused.json["error"]["message"]
        assert ada.http.post(f"/accounts/{account_id}/sub-accounts", {"name": "More"}).status == 403


def test_s51_what_lies_beside_or_above_a_suspended_account_goes_on(ada: Someone, line: list[str]) -> None:
    beside = ada.http.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": "Beside"}).json["accountId"]

    becomes(line[1], "suspended")

    for account_id in (line[0], beside):
        assert ada.http.but(x_account_context=account_id).patch("/account", {"name": "Another"}).status == 200


@pytest.mark.parametrize("upper", [0, 1])
def test_s51_what_lies_below_a_deleted_account_is_gone(ada: Someone, line: list[str], upper: int) -> None:
    becomes(line[upper], "deleted")

    assert [ada.http.get(f"/accounts/{one}").status for one in line[upper:]] == [404] * (3 - upper)
    assert [ada.http.but(x_account_context=one).get("/sources").status for one in line[upper:]] == [403] * (3 - upper)


@pytest.mark.parametrize("status", ["suspended", "deleted"])
@pytest.mark.parametrize("below", [False, True])
def test_s51_what_is_suspended_or_deleted_is_not_backed_up_on_schedule(
    ada: Someone, source: dict[str, Any], status: str, below: bool
) -> None:
    now = datetime.now(UTC)
    job = Job.fetch(account_id=ada.account_id, job_id=source["activeJobId"])
    assert job is not None
    assert end_job(job, "cancelled", now=now)
    if below:
        move_below(ada.account_id, "acc_over_it")
    becomes("acc_over_it" if below else ada.account_id, status)
    planned = now + timedelta(days=2)

    assert dispatch.sync_due(planned) == []

    kept = Source.fetch(account_id=ada.account_id, source_id=source["sourceId"])
    assert kept is not None
    assert kept.next_sync_at is not None
    assert kept.next_sync_at > planned


def move_below(account_id: str, upper: str) -> None:
    """Put an account below another, as if it had been made there."""
    account = Account.fetch(account_id=account_id)
    assert account is not None
    now, names = datetime.now(UTC), {"owner_user_id": "usr_1", "name": "Over it"}
    Account.new(now=now, account_id=upper, root_account_id=upper, path=f"/{upper}/", **names).create()
    account.change(now=now, path=f"/{upper}/{account_id}/", root_account_id=upper)
    places.forget()


@pytest.mark.parametrize("path", ["/account", "/sources", "/connections", "/jobs", "/accounts/{accountId}/hierarchy"])
def test_an_authenticated_read_below_takes_three_round_trips_at_most(ada: Someone, line: list[str], path: str) -> None:
    """Directly below an account of the user's at once, deeper from a process's second request on."""
    places.forget()
    asked_at: dict[str, list[str]] = {}
    for account_id in (line[1], line[2], line[2]):
        with counted() as asked:
            answer = ada.http.but(x_account_context=account_id).get(path.format(accountId=account_id))
        assert answer.status == 200
        asked_at[account_id] = asked

    assert [len(asked) <= 3 for asked in asked_at.values()] == [True, True]


def test_the_first_read_far_below_by_a_process_that_knows_nothing_takes_one_round_trip_more(
    ada: Someone, line: list[str]
) -> None:
    now, owned = datetime.now(UTC), {"account_id": line[2], "user_id": ada.user_id, "connection_id": "con_1"}
    Source.new(now=now, **owned, source_id="src_1", platform="stripe", name="Far below").create()
    places.forget()
    taken = []

    for _ in range(2):
        with counted() as asked:
            assert ada.http.but(x_account_context=line[2]).get("/sources/src_1").status == 200
        taken.append(len(asked))

    assert taken == [4, 3]
