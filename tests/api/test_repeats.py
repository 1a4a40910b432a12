"""The same key and body, the same answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.store.answers import Answer
from tests.api.conftest import Someone, with_role

BODY = {"name": "Client"}


def url(someone: Someone) -> str:
    return f"/accounts/{someone.account_id}/sub-accounts"


def accounts(someone: Someone) -> int:
    return len(someone.http.get(f"/accounts/{someone.account_id}/hierarchy").json["items"])


def forget(**fields: Any) -> None:
    for answer in Answer.scan():
        answer.update(actions=[getattr(Answer, name).set(value) for name, value in fields.items()])


def test_s50_a_repeated_request_is_answered_as_before_and_done_once(ada: Someone) -> None:
    once = ada.http.but(idempotency_key="key-1")

    first, again = once.post(url(ada), BODY), once.post(url(ada), BODY)

    assert (again.status, again.json) == (first.status, first.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert accounts(ada) == 2


def test_s50_a_key_used_with_another_body_is_refused(ada: Someone) -> None:
    once = ada.http.but(idempotency_key="key-1")
    once.post(url(ada), BODY)

    refused = once.post(url(ada), {"name": "Another"})

    assert (refused.status, refused.code) == (409, "conflict")


def test_s50_a_key_belongs_to_its_tenant_its_user_and_its_operation(ada: Someone, eve: Someone) -> None:
    ada.http.but(idempotency_key="key-1").post(url(ada), BODY)
    colleague = with_role(ada, eve, "admin").but(idempotency_key="key-1")

    assert eve.http.but(idempotency_key="key-1").post(url(eve), BODY).status == 201
    assert "Idempotency-Replayed" not in colleague.post(url(ada), BODY).headers
    assert accounts(ada) == 3


def test_s50_a_repeated_request_for_an_account_of_ones_own_makes_one(ada: Someone, eve: Someone) -> None:
    once = ada.http.but(idempotency_key="key-1")

    first = once.post("/accounts", BODY)
    ada.http.post("/account/switch-context", {"accountId": first.json["accountId"]})
    again = once.post("/accounts", BODY)
    hers = eve.http.but(idempotency_key="key-1").post("/accounts", BODY)

    assert (again.status, again.json) == (first.status, first.json) == (201, first.json)
    assert len(ada.http.get("/accounts").json["items"]) == 2
    assert "Idempotency-Replayed" not in hers.headers


def test_what_failed_may_be_tried_again_with_the_same_key(ada: Someone) -> None:
    once = ada.http.but(idempotency_key="key-1")

    missing = once.post("/sources", {"connectionId": "con_1", "name": "x"})
    again = once.post("/sources", {"connectionId": "con_2", "name": "x"})

    assert (missing.status, again.status) == (404, 404)


def test_a_request_that_is_being_worked_on_is_not_done_twice(ada: Someone) -> None:
    once = ada.http.but(idempotency_key="key-1")
    once.post(url(ada), BODY)
    for answer in Answer.scan():
        answer.update(actions=[Answer.status.remove(), Answer.body.remove()])

    assert once.post(url(ada), BODY).status == 409


def test_a_request_whose_worker_died_is_done_at_last(ada: Someone) -> None:
    once = ada.http.but(idempotency_key="key-1")
    once.post(url(ada), BODY)
    for answer in Answer.scan():
        answer.update(actions=[Answer.status.remove(), Answer.body.remove()])
    forget(claimed_until=datetime.now(UTC) - timedelta(seconds=1))

    assert once.post(url(ada), BODY).status == 201


def test_a_key_is_forgotten_after_a_day_though_the_table_still_has_it(ada: Someone) -> None:
    once = ada.http.but(idempotency_key="key-1")
    once.post(url(ada), BODY)
    forget(expires_at=datetime.now(UTC) - timedelta(seconds=1))

    assert "Idempotency-Replayed" not in once.post(url(ada), {"name": "Another"}).headers


def test_a_key_of_no_use_is_refused(ada: Someone) -> None:
    assert {ada.http.but(idempotency_key=key).post(url(ada), BODY).status for key in ("a b", "", "x" * 256)} == {400}
