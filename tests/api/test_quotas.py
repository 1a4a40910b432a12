"""No tenant has or does so much that it is a burden on the others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.errors import TooManyRequestsError
from chalicelib.services import quotas
from chalicelib.store.allowances import Allowance
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from sandbox.app import Sandbox
from tests.api.conftest import Someone, a_key, connected, consent, forget
from tests.api.gateway import Answer

NOON = datetime(2026, 11, 23, 12, 20, tzinfo=UTC)


@pytest.fixture
def limited(pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment that allows two of everything."""
    for name in ("ACCOUNTS_PER_USER", "CONNECTIONS_PER_ACCOUNT", "SOURCES_PER_ACCOUNT", "SUB_ACCOUNTS_PER_HOUR"):
        monkeypatch.setenv(name, "2")
    forget()


def told(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.code


def test_s49_an_account_has_so_many_sources(ada: Someone, eve: Someone, vendors: Sandbox, limited: None) -> None:
    def made(someone: Someone) -> list[int]:
        body = {"connectionId": connected(someone), "name": "One more"}
        return [someone.http.post("/sources", body).status for _ in range(3)]

    assert made(ada) == [201, 201, 409]
    assert made(eve) == [201, 201, 409]
    assert len(list(Source.within(account_id=ada.account_id))) == len(list(Job.within(account_id=ada.account_id))) == 2


def test_s49_a_tenant_has_so_many_sources_wherever_in_its_tree(ada: Someone, vendors: Sandbox, limited: None) -> None:
    sub = ada.http.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": "Sub"}).json["accountId"]
    body = {"connectionId": connected(ada), "name": "One more"}
    made = [ada.http.post("/sources", body).status for _ in range(2)]

    below = ada.http.but(x_account_context=sub)
    key = list(vendors.vendors["stripe"].grants.tokens)[-1]
    connection = below.post("/connections", {"platform": "stripe", "apiKey": key}).json["connectionId"]
    refused = below.post("/sources", {"connectionId": connection, "name": "Another"})

    assert (made, told(refused)) == ([201, 201], (409, "conflict"))


def test_s49_a_deleted_source_makes_room(ada: Someone, source: dict[str, Any], limited: None) -> None:
    body = {"connectionId": source["connectionId"], "name": "Another"}
    ada.http.post("/sources", body)
    full = ada.http.post("/sources", body)

    ada.http.delete(f"/sources/{source['sourceId']}")

    assert told(full) == (409, "conflict")
    assert "limit" in full.json["error"]["message"]
    assert ada.http.post("/sources", body).status == 201


def test_s49_an_account_has_so_many_connections(
    ada: Someone, connection_id: str, vendors: Sandbox, limited: None
) -> None:
    key = a_key(vendors, "acct_other")
    now, renewed = datetime.now(UTC), {"connectionId": connection_id}
    begun = ada.http.post("/integrations/oauth/start/dropbox")
    Connection.new(
        now=now, account_id=ada.account_id, connection_id="con_2", user_id="usr_1", platform="hubspot", name="Second"
    ).create()

    by_key = ada.http.post("/connections", {"platform": "stripe", "apiKey": key})
    by_oauth = ada.http.post("/integrations/oauth/start/stripe")
    begun_before = ada.http.get(consent(begun.json["authorizationUrl"]))
    again = ada.http.post("/integrations/oauth/start/stripe", renewed)

    assert [told(one) for one in (by_key, by_oauth, begun_before)] == [(409, "conflict")] * 3
    assert again.status == 201
    assert len(ada.http.get("/connections").json["items"]) == 2


def test_s49_a_user_owns_so_many_accounts(ada: Someone, limited: None) -> None:
    assert [ada.http.post("/accounts", {"name": "More"}).status for _ in range(2)] == [201, 409]


def test_s49_sub_accounts_are_made_so_often_wherever_in_the_tree(ada: Someone, limited: None) -> None:
    first = ada.http.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": "One"})
    below = f"/accounts/{first.json['accountId']}/sub-accounts"

    second, third = (ada.http.post(below, {"name": "More"}) for _ in range(2))

    assert (first.status, second.status, told(third)) == (201, 201, (429, "too_many_requests"))
    assert 1 <= int(third.headers["Retry-After"]) <= 3601


def test_s49_backups_are_asked_for_so_often(
    ada: Someone, source: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCS_PER_HOUR", "3")
    forget()
    answers = []
    for _ in range(4):
        job = ada.http.get(f"/sources/{source['sourceId']}").json["activeJobId"]
        ada.http.patch(f"/jobs/{job}", {"status": "cancelled"})
        answers.append(ada.http.post(f"/sources/{source['sourceId']}/sync"))

    assert [answer.status for answer in answers] == [202, 202, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert len(list(Job.within(account_id=ada.account_id))) == 3


def test_s49_platforms_are_asked_so_often_by_whatever_way_wherever_in_the_tree(
    ada: Someone, eve: Someone, source: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = quotas_used(ada.account_id, "requests to platforms")
    monkeypatch.setenv("PLATFORM_REQUESTS_PER_HOUR", str(asked + 4))
    forget()
    below = ada.http.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": "Below"}).json["accountId"]
    ways: list[tuple[str, Any]] = [
        (f"/connections/{source['connectionId']}/test", None),
        (f"/sources/{source['sourceId']}/test", None),
        ("/connections", {"platform": "stripe", "apiKey": "rk_live_guess"}),
        ("/integrations/oauth/start/hubspot", None),
    ]

    allowed = [ada.http.post(path, body).status for path, body in ways]
    refused = [ada.http.post(path, body) for path, body in ways]
    from_below = ada.http.but(x_account_context=below).post(*ways[2])

    assert allowed == [200, 200, 409, 201]
    assert [told(one) for one in (*refused, from_below)] == [(429, "too_many_requests")] * 5
    assert all(1 <= int(one.headers["Retry-After"]) <= 3601 for one in refused)
    assert eve.http.post(*ways[2]).status == 409


def test_s49_snapshots_are_compared_so_often(ada: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPARISONS_PER_HOUR", "2")
    forget()

    answers = [ada.http.get("/sources/src_1/snapshots/snp_2/diff?with=snp_1") for _ in range(3)]

    assert [told(one) for one in answers] == [(404, "not_found")] * 2 + [(429, "too_many_requests")]
    assert int(answers[-1].headers["Retry-After"]) >= 1


def quotas_used(account_id: str, what: str) -> int:
    return sum(int(one.used) for one in Allowance.within(account_id=account_id) if one.what == what)


def test_s49_another_hour_and_another_account_have_allowances_of_their_own(table: None) -> None:
    quotas.take("acc_1", "syncs", 1, NOON)

    quotas.take("acc_2", "syncs", 1, NOON)
    quotas.take("acc_1", "others", 1, NOON)
    quotas.take("acc_1", "syncs", 1, NOON + timedelta(minutes=40))
    with pytest.raises(TooManyRequestsError) as refused:
        quotas.take("acc_1", "syncs", 1, NOON + timedelta(minutes=39))

    assert refused.value.retry_after_seconds == 61


def test_s49_two_who_begin_an_hour_at_once_are_both_counted(table: None) -> None:
    events = Allowance._get_connection().connection.client.meta.events

    def another(**_: Any) -> None:
        events.unregister("before-call.dynamodb.PutItem", another)
        quotas.take("acc_1", "syncs", 2, NOON)

    events.register("before-call.dynamodb.PutItem", another)
    quotas.take("acc_1", "syncs", 2, NOON)

    with pytest.raises(TooManyRequestsError):
        quotas.take("acc_1", "syncs", 2, NOON)
