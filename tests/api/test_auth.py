"""Signing up, in and out."""

from tests.api.conftest import PASSWORD, Someone
from tests.api.gateway import Gateway


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
