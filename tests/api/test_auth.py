"""Signing up, in and out."""

from typing import Any

import pytest

from chalicelib.aws import clients
from chalicelib.store.table import Item
from tests.api.conftest import PASSWORD, Pool, Someone
from tests.api.gateway import Answer, Gateway
from tests.faults.calls import Answered, seen


def test_a_newcomer_registers_confirms_and_logs_in(http: Gateway) -> None:
    registered = http.post("/auth/register", {"email": "Ada@Example.com", "password": PASSWORD, "name": "Ada"})
    http.post("/auth/confirm", {"email": "ada@example.com", "code": "123456"})

    login = http.post("/auth/login", {"email": "ada@example.com", "password": PASSWORD})

    assert (registered.status, login.status) == (202, 200)
    assert [account["name"] for account in login.json["accounts"]] == ["Ada"]
    assert login.json["user"]["currentAccountId"] == login.json["accounts"][0]["accountId"]


def test_the_profile_says_who_is_signed_in(ada: Someone) -> None:
    profile = ada.http.get("/auth/profile")

    assert (profile.status, profile.json["email"]) == (200, "ada@example.com")
    assert profile.json["memberships"] == [{"accountId": ada.account_id, "role": "owner"}]


def challenged(http: Gateway, pool: Pool, email: str, **user: Any) -> Answer:
    """A login that asks for more: the user must set a new password."""
    cognito = clients.cognito()
    cognito.admin_create_user(UserPoolId=pool.pool_id, Username=email, TemporaryPassword=PASSWORD, **user)
    return http.post("/auth/login", {"email": email, "password": PASSWORD})


def test_a_login_may_ask_for_a_new_password(http: Gateway, pool: Pool) -> None:
    asked = challenged(http, pool, "bob@example.com").json
    answer = {"email": "bob@example.com", "challenge": asked["challenge"], "session": asked["session"]}

    login = http.post("/auth/challenge", {**answer, "answer": "Another-horse-8-battery"})

    assert (asked["challenge"], asked["tokens"]) == ("NEW_PASSWORD_REQUIRED", None)
    assert (login.status, login.json["user"]["email"]) == (200, "bob@example.com")


def test_a_login_may_ask_for_a_one_time_code(http: Gateway, pool: Pool, ada: Someone) -> None:
    ada.http.post("/auth/mfa", {"password": PASSWORD})
    ada.http.post("/auth/mfa/verify", {"code": "123456"})
    asked = http.post("/auth/login", {"email": ada.email, "password": PASSWORD}).json

    body = {"email": ada.email, "challenge": asked["challenge"], "session": asked["session"], "answer": "123456"}
    login = http.post("/auth/challenge", body)

    assert (asked["challenge"], asked["tokens"]) == ("SOFTWARE_TOKEN_MFA", None)
    assert login.json["user"]["userId"] == ada.user_id


def test_a_session_is_refreshed_for_the_same_user(http: Gateway, ada: Someone) -> None:
    fresh = http.post("/auth/refresh", {"refreshToken": ada.tokens["refreshToken"]}).json

    entered = http.but(authorization=f"Bearer {fresh['accessToken']}")
    assert entered.get("/auth/profile").json["userId"] == ada.user_id
    assert fresh["refreshToken"] is None


def test_s25_registering_a_known_address_looks_like_registering_a_new_one(http: Gateway, ada: Someone) -> None:
    known = http.post("/auth/register", {"email": ada.email, "password": PASSWORD, "name": "Eve"})
    new = http.post("/auth/register", {"email": "new@example.com", "password": PASSWORD, "name": "Eve"})

    assert (known.status, known.json) == (new.status, new.json) == (202, new.json)
    assert ada.http.get("/auth/profile").json["name"] == "Ada"


def test_s25_registering_an_unproved_address_again_looks_like_registering_a_new_one(http: Gateway) -> None:
    new = http.post("/auth/register", {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"})
    again = http.post("/auth/register", {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"})

    assert (again.status, again.json) == (new.status, new.json)


def test_s25_whoever_registered_an_address_before_its_owner_proved_it_does_not_log_in(http: Gateway) -> None:
    address = {"email": "ada@example.com"}
    http.post("/auth/register", {**address, "password": "Attackers-horse-7", "name": "Eve", "accountName": "Trap"})
    http.post("/auth/register", {**address, "password": PASSWORD, "name": "Ada"})
    http.post("/auth/confirm", {**address, "code": "123456"})

    attacker = http.post("/auth/login", {**address, "password": "Attackers-horse-7"})
    owner = http.post("/auth/login", {**address, "password": PASSWORD})

    assert (attacker.status, owner.status) == (401, 200)
    assert (owner.json["user"]["name"], [one["name"] for one in owner.json["accounts"]]) == ("Ada", ["Ada"])


def test_a_proved_address_keeps_its_password_whoever_registers_it_again(http: Gateway, ada: Someone) -> None:
    http.post("/auth/register", {"email": ada.email, "password": "Attackers-horse-7", "name": "Eve"})

    assert http.post("/auth/login", {"email": ada.email, "password": PASSWORD}).status == 200
    assert http.post("/auth/login", {"email": ada.email, "password": "Attackers-horse-7"}).status == 401


def test_s25_a_wrong_password_looks_like_an_unknown_address(http: Gateway, ada: Someone) -> None:
    wrong = http.post("/auth/login", {"email": ada.email, "password": "Wrong-horse-7-battery"})
    unknown = http.post("/auth/login", {"email": "nobody@example.com", "password": PASSWORD})

    assert (wrong.status, wrong.code) == (unknown.status, unknown.code) == (401, "unauthenticated")
    assert wrong.json["error"]["message"] == unknown.json["error"]["message"]


def test_s25_asking_for_a_code_again_tells_nothing(http: Gateway, ada: Someone) -> None:
    answers = [http.post("/auth/resend-code", {"email": email}) for email in (ada.email, "nobody@example.com")]

    assert answers[0].json == answers[1].json
    assert {answer.status for answer in answers} == {202}


def test_s25_a_code_for_an_unknown_address_is_just_wrong(http: Gateway) -> None:
    answer = http.post("/auth/confirm", {"email": "nobody@example.com", "code": "123456"})

    assert (answer.status, answer.code) == (400, "bad_request")


def test_s27_an_unconfirmed_address_does_not_log_in(http: Gateway) -> None:
    http.post("/auth/register", {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"})

    answer = http.post("/auth/login", {"email": "ada@example.com", "password": PASSWORD})

    assert (answer.status, answer.code) == (403, "forbidden")


@pytest.mark.parametrize(
    "password",
    [
        "short-1A",
        "nocapitals-7-here",
        "NOSMALLS-7-HERE",
        "No-digits-anywhere",
        "x" * 257,
        f" {PASSWORD}",
        f"{PASSWORD}\n",
        "Correct\x00horse-7",
        "Correct\u2028horse-7",
    ],
)
def test_a_weak_password_is_refused_before_anyone_is_asked(http: Gateway, ada: Someone, password: str) -> None:
    for email in (ada.email, "new@example.com"):
        answer = http.post("/auth/register", {"email": email, "password": password, "name": "Ada"})
        assert (answer.status, answer.json["error"]["details"][0]["path"]) == (422, "password")


def test_an_address_that_the_pool_refuses_is_told_and_no_error_of_ours(http: Gateway) -> None:
    def refuse(name: str, _: dict[str, Any]) -> Any:
        error = {"Code": "InvalidParameterException", "Message": "Invalid email address format."}
        return (Answered(), {"Error": error, "ResponseMetadata": {}}) if name == "SignUp" else None

    with seen("before-call", refuse):
        answer = http.post("/auth/register", {"email": "ö@example.com", "password": PASSWORD, "name": "Ada"})

    assert (answer.status, answer.code) == (422, "invalid_fields")


def test_a_challenge_that_cannot_be_one_is_refused(http: Gateway) -> None:
    body = {"email": "ada@example.com", "challenge": "SOFTWARE_TOKEN_MFA", "session": "short", "answer": "123456"}

    answer = http.post("/auth/challenge", body)

    assert (answer.status, answer.json["error"]["details"][0]["path"]) == (422, "session")


@pytest.mark.parametrize(
    "email", ["ada", "ada@", "@example.com", "ada@example", "a b@example.com", "a@b@c.de", "a\n@b.ie"]
)
def test_what_is_no_address_is_refused(http: Gateway, email: str) -> None:
    assert http.post("/auth/register", {"email": email, "password": PASSWORD, "name": "Ada"}).status == 422


def test_a_registration_that_broke_off_is_settled_at_the_first_login(http: Gateway, ada: Someone) -> None:
    for item in Item.query(f"USER#{ada.user_id}"):
        item.delete()

    login = http.post("/auth/login", {"email": ada.email, "password": PASSWORD})

    assert (login.status, len(login.json["accounts"])) == (200, 1)


def test_status_says_until_when_the_token_counts(ada: Someone) -> None:
    status = ada.http.get("/auth/status").json

    assert (status["userId"], status["currentAccountId"]) == (ada.user_id, ada.account_id)
    assert status["issuedAt"] < status["expiresAt"]
