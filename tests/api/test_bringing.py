"""Connecting with what customers bring: keys, and apps of their own, at vendors that are made up."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from chalicelib.aws import clients
from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.catalogue import page as page_of
from chalicelib.connectors.connector import ClientCredentials, Keys
from chalicelib.connectors.registry import registered
from chalicelib.services.outside import outside
from tests.api.conftest import Someone
from tests.api.gateway import Answer
from tests.connectors.acme import ACME, identify
from tests.connectors.vendor import Asked, Told, Vendor, page

KEYED = replace(ACME, name="keyed", title="Keyed", auth=Keys(identify, scopes=("invoices.read",)))
OWN_APPS = replace(
    ACME,
    name="apps",
    title="Own Apps",
    auth=ClientCredentials(
        "https://api.acme.example/oauth/token", identify, scopes=("invoices.read",), token_params={"audience": "all"}
    ),
)
BASIC = "Basic " + base64.b64encode(b"their-id:their-secret").decode()


@dataclass
class Apps:
    """A vendor that trades ids and secrets for tokens, and takes the newest of them only."""

    given: int = 0
    refused: bool = False

    def __call__(self, asked: Asked) -> Told:
        if asked.path != "/oauth/token":
            known = asked.headers["authorization"] == f"Bearer the-token-{self.given}"
            return page({"id": "acc-1", "name": "Ada's"}, status=200 if known else 401)
        if self.refused or asked.headers["authorization"] != BASIC:
            return page({"error": "invalid_client"}, status=401)
        self.given += 1
        return page({"access_token": f"the-token-{self.given}", "expires_in": 3600, "app_id": "APP-1"})


@pytest.fixture
def apps(told: Vendor, monkeypatch: pytest.MonkeyPatch) -> Apps:
    for name, connector in registered(KEYED, OWN_APPS).items():
        monkeypatch.setitem(CONNECTORS, name, connector)
        hosts = json.dumps({"hosts": {"https://api.acme.example": told.url}})
        clients.secrets_manager().create_secret(Name=f"app/oauth/{name}", SecretString=hosts)
    told.answer = made = Apps()
    return made


def bring(someone: Someone, **given: Any) -> Answer:
    own = {"platform": "apps", "clientId": "their-id", "clientSecret": "their-secret"}
    return someone.http.post("/connections", own | given)


def end_token(someone: Someone, connection_id: str) -> None:
    custody = outside().custody
    ended = replace(custody.read(someone.account_id, connection_id), expires_at=datetime.now(UTC) - timedelta(hours=1))
    custody.store(someone.account_id, connection_id, ended)


def test_an_app_of_the_customers_own_is_traded_for_tokens(ada: Someone, apps: Apps, told: Vendor) -> None:
    made = bring(ada)

    assert (made.status, made.json["authType"], made.json["platformAccountId"]) == (201, "client_credentials", "acc-1")
    assert parse_qs(told.asked[0].body.decode()) == {"grant_type": ["client_credentials"], "audience": ["all"]}
    assert "their-secret" not in made.text
    assert made.json["expiresAt"] is not None


def test_tokens_that_have_ended_are_traded_for_anew(ada: Someone, apps: Apps) -> None:
    made = bring(ada).json["connectionId"]
    end_token(ada, made)

    assert ada.http.post(f"/connections/{made}/test").json["works"] is True
    assert apps.given == 2


def test_tokens_that_the_vendor_takes_no_longer_are_traded_for_anew(ada: Someone, apps: Apps) -> None:
    made = bring(ada).json["connectionId"]
    apps.given += 1

    assert ada.http.post(f"/connections/{made}/test").json["works"] is True
    assert apps.given == 3


def test_an_app_that_the_customer_has_ended_makes_the_connection_expire(ada: Someone, apps: Apps) -> None:
    made = bring(ada).json["connectionId"]
    end_token(ada, made)
    apps.refused = True

    assert ada.http.post(f"/connections/{made}/test").json["works"] is False
    assert ada.http.get(f"/connections/{made}").json["status"] == "expired"


def test_an_app_that_the_vendor_does_not_know_is_not_kept(ada: Someone, apps: Apps) -> None:
    refused = bring(ada, clientSecret="a-wrong-secret")

    assert (refused.status, refused.code) == (409, "reauthorize")
    assert ada.http.get("/connections").json["items"] == []


def test_a_platform_of_keys_takes_a_key(ada: Someone, apps: Apps) -> None:
    apps.given = 7

    made = ada.http.post("/connections", {"platform": "keyed", "apiKey": "the-token-7"})
    refused = ada.http.post("/connections", {"platform": "keyed", "apiKey": "the-token-8"})

    assert (made.status, made.json["authType"]) == (201, "api_key")
    assert (refused.status, refused.code) == (409, "reauthorize")


def test_a_key_that_its_customer_has_ended_makes_the_connection_expire(ada: Someone, apps: Apps) -> None:
    apps.given = 7
    made = ada.http.post("/connections", {"platform": "keyed", "apiKey": "the-token-7"}).json["connectionId"]
    apps.given = 8

    assert ada.http.post(f"/connections/{made}/test").json["works"] is False
    assert ada.http.get(f"/connections/{made}").json["status"] == "expired"
    assert ada.http.delete(f"/connections/{made}").json["revokedAtPlatform"] is False


@pytest.mark.parametrize(
    ("platform", "given", "paths"),
    [
        ("apps", {"apiKey": "the-token-1"}, ["clientId", "clientSecret", "apiKey"]),
        ("apps", {"clientId": "their-id"}, ["clientSecret"]),
        ("apps", {"clientId": "their:id", "clientSecret": "their-secret"}, ["clientId"]),
        ("keyed", {}, ["apiKey"]),
        ("keyed", {"clientId": "their-id"}, ["apiKey", "clientId"]),
    ],
)
def test_what_is_brought_must_be_what_opens_the_platform(
    ada: Someone, apps: Apps, platform: str, given: dict[str, str], paths: list[str]
) -> None:
    refused = ada.http.post("/connections", {"platform": platform, **given})

    assert refused.status == 422
    assert [detail["path"] for detail in refused.json["error"]["details"]] == paths


@pytest.mark.parametrize("platform", ["apps", "keyed"])
def test_there_is_no_oauth_where_customers_bring_what_opens_their_account(
    ada: Someone, apps: Apps, platform: str
) -> None:
    refused = ada.http.post(f"/integrations/oauth/start/{platform}")

    assert refused.status == 400
    assert "POST /connections" in refused.json["error"]["message"]


def test_oauth_is_not_begun_without_our_registration_there(ada: Someone, told: Vendor) -> None:
    clients.secrets_manager().create_secret(Name="app/oauth/stripe", SecretString="{}")

    assert ada.http.post("/integrations/oauth/start/stripe").status == 502


def test_platforms_say_how_they_are_connected(ada: Someone, apps: Apps) -> None:
    kinds = {name: ada.http.get(f"/platforms/{name}").json["authType"] for name in ("stripe", "apps", "keyed")}

    assert kinds == {"stripe": "oauth", "apps": "client_credentials", "keyed": "api_key"}
    assert "Connected with a key, which needs: `invoices.read`" in page_of(KEYED)
