"""A second factor: one-time codes, from the secret to the login that asks for them, and off again."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest

from chalicelib.store.answers import Answer as KeptAnswer
from chalicelib.store.table import Item
from tests.api.conftest import PASSWORD, Someone, events_of
from tests.api.gateway import Answer, Gateway
from tests.faults.calls import seen

CODE = "123456"
WRONG = "Wrong-horse-7-battery"


def begin(someone: Someone, password: str = PASSWORD) -> Answer:
    return someone.http.post("/auth/mfa", {"password": password})


def verify(someone: Someone, code: str = CODE) -> Answer:
    return someone.http.post("/auth/mfa/verify", {"code": code})


def remove(someone: Someone, password: str = PASSWORD) -> Answer:
    return someone.http.post("/auth/mfa/remove", {"password": password})


def asked_at_login(http: Gateway, someone: Someone) -> str | None:
    login = http.post("/auth/login", {"email": someone.email, "password": PASSWORD})
    assert login.status == 200
    challenge: str | None = login.json["challenge"]
    return challenge


def state(someone: Someone) -> str:
    return str(someone.http.get("/auth/profile").json["mfa"])


@pytest.fixture
def enrolled(ada: Someone) -> Someone:
    """Ada, whose logins need a one-time code."""
    begin(ada)
    verify(ada)
    return ada


def test_an_app_is_given_a_secret_and_whose_it_is(ada: Someone) -> None:
    begun = begin(ada)

    uri = urlsplit(begun.json["otpauthUri"])
    assert begun.status == 201
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/ListBackup:ada@example.com")
    assert parse_qs(uri.query) == {"secret": [begun.json["secret"]], "issuer": ["ListBackup"]}


def test_a_login_needs_a_code_once_one_has_proved_the_secret(http: Gateway, ada: Someone) -> None:
    begin(ada)
    before, pending = asked_at_login(http, ada), state(ada)

    verify(ada)

    assert (before, pending) == (None, "pending")
    assert (asked_at_login(http, ada), state(ada)) == ("SOFTWARE_TOKEN_MFA", "on")


def test_a_wrong_code_proves_nothing(http: Gateway, ada: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
    begin(ada)

    answer = verify(ada, "000000")

    assert (answer.status, answer.code) == (400, "bad_request")
    assert (asked_at_login(http, ada), state(ada)) == (None, "pending")


def test_s26_twenty_codes_that_prove_nothing_are_too_many(ada: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
    begin(ada)

    assert [verify(ada, "000000").status for _ in range(20)] == [400] * 5 + [429] * 15


def test_a_code_without_a_secret_is_refused(ada: Someone) -> None:
    answer = verify(ada)

    assert (answer.status, answer.code) == (409, "conflict")
    assert "/auth/mfa" in answer.json["error"]["message"]


def test_a_secret_may_be_asked_for_again_until_it_is_proved(ada: Someone) -> None:
    assert [begin(ada).status, begin(ada).status, verify(ada).status] == [201, 201, 200]


def test_a_secret_in_use_is_not_replaced_unasked(http: Gateway, enrolled: Someone) -> None:
    """A new secret would end the old one at once, and logins would need no code until it was proved."""
    answer = begin(enrolled)

    assert (answer.status, answer.code) == (409, "conflict")
    assert asked_at_login(http, enrolled) == "SOFTWARE_TOKEN_MFA"


def test_who_knows_the_password_turns_codes_off_and_may_begin_again(http: Gateway, enrolled: Someone) -> None:
    removed = remove(enrolled)

    assert removed.status == 200
    assert (asked_at_login(http, enrolled), state(enrolled)) == (None, "off")
    assert begin(enrolled).status == 201


def test_a_stolen_token_alone_neither_adds_a_factor_nor_takes_one_away(http: Gateway, enrolled: Someone) -> None:
    answers = [begin(enrolled, WRONG), remove(enrolled, WRONG)]

    assert [(one.status, one.json["error"]["details"][0]["path"]) for one in answers] == [(422, "password")] * 2
    assert asked_at_login(http, enrolled) == "SOFTWARE_TOKEN_MFA"


def test_to_ask_for_the_password_leaves_no_session_behind(ada: Someone) -> None:
    called: list[str] = []

    with seen("before-call", lambda name, _: called.append(name)):
        begin(ada)

    assert [name for name in called if name in ("InitiateAuth", "RevokeToken")] == ["InitiateAuth", "RevokeToken"]


def test_each_step_is_in_the_activity_and_no_secret_is(ada: Someone) -> None:
    secret = begin(ada).json["secret"]
    verify(ada)
    remove(ada)

    told = events_of(ada.account_id)[-3:]
    assert [one.action for one in told] == ["profile:begin-mfa", "profile:verify-mfa", "profile:remove-mfa"]
    assert secret not in str([item.attribute_values for item in Item.scan()])


def test_an_idempotency_key_keeps_no_secret(ada: Someone) -> None:
    begin(Someone(ada.http.but(idempotency_key="key-1"), ada.email, ada.user_id, ada.account_id, ada.tokens))

    assert [item for item in Item.scan() if isinstance(item, KeptAnswer)] == []


def test_a_session_that_the_pool_has_ended_is_told_to_log_in_again(ada: Someone) -> None:
    def end(name: str, _: dict[str, Any]) -> None:
        if name == "AssociateSoftwareToken":
            boto3.client("cognito-idp").global_sign_out(AccessToken=ada.tokens["accessToken"])

    with seen("before-call", end):
        answer = begin(ada)

    assert (answer.status, answer.code) == (401, "unauthenticated")
