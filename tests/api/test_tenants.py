"""Platforms at which every customer has a host of their own, over the real conversation with one that is made up."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Fetch, Identity, Keys, OAuth, Request
from chalicelib.connectors.paging import answered
from chalicelib.connectors.registry import registered
from chalicelib.credentials.tokens import Tokens
from chalicelib.services.outside import outside
from tests.api.conftest import Someone, stand_in
from tests.api.gateway import Answer
from tests.connectors.acme import ACME, Me, identify
from tests.connectors.vendor import Asked, Told, Vendor, page

CALLBACK = "/integrations/oauth/callback/shops"
ADA = "https://ada.shops.example"
APP = {"client_id": "our-id", "client_secret": "our-secret"}


def signature(told: Mapping[str, str], secret: str) -> str:
    rest = "&".join(f"{name}={told[name]}" for name in sorted(told) if name != "hmac")
    return hmac.new(secret.encode(), rest.encode(), hashlib.sha256).hexdigest()


def genuine(told: Mapping[str, str], secret: str) -> bool:
    return hmac.compare_digest(told.get("hmac", ""), signature(told, secret))


AUTH = OAuth(
    authorize_url="https://{shop}.shops.example/oauth/authorize",
    token_url="https://{shop}.shops.example/oauth/token",
    scopes=("invoices.read",),
    identify=identify,
    token_params={"expiring": "1"},
    callback=("realm",),
    genuine=genuine,
    tokens_in=lambda answer: answer["user"],
)
SHOPS = replace(
    ACME,
    name="shops",
    title="Shops",
    host="https://{shop}.shops.example/{realm}",
    tenant={"shop": r"[a-z0-9][a-z0-9-]{0,62}", "realm": r"[0-9]{1,20}"},
    asks=("shop",),
    auth=AUTH,
)


@dataclass
class Shop:
    """One customer's shop, which answers as it should, and what it was asked."""

    vendor: Vendor

    def __call__(self, asked: Asked) -> Told:
        if asked.path == "/oauth/token":
            tokens = {"access_token": "at", "refresh_token": "rt", "expires_in": 3600}
            return page({"user": tokens, "access_token": "of-the-bot"})
        return page({"id": "shop-1", "name": "Ada's"})

    def forms(self) -> list[dict[str, str]]:
        """What the token endpoint was asked."""
        return [
            {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            for asked in self.vendor.asked
            if asked.path == "/oauth/token"
        ]

    def paths(self) -> list[str]:
        return [asked.path for asked in self.vendor.asked if asked.path != "/oauth/token"]


@pytest.fixture
def shop(told: Vendor, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name, connector in registered(SHOPS).items():
        monkeypatch.setitem(CONNECTORS, name, connector)
    stand_in(told, "shops", ADA)
    told.answer = made = Shop(told)
    return made


def begin(someone: Someone, **tenant: str) -> Answer:
    return someone.http.post("/integrations/oauth/start/shops", {"tenant": tenant})


def come_back(someone: Someone, begun: Answer, **told: str) -> Answer:
    """Return from the vendor with what its redirect brings, signed by it."""
    brought = {"state": begun.json["state"], "code": "c", "realm": "42", "host": "aGk", **told}
    brought.setdefault("hmac", signature(brought, APP["client_secret"]))
    return someone.http.get(f"{CALLBACK}?{urlencode({name: text for name, text in brought.items() if text})}")


def kept(someone: Someone, connection_id: str) -> Tokens:
    return outside().custody.read(someone.account_id, connection_id)


def test_a_customer_is_connected_at_their_own_host(ada: Someone, shop: Shop) -> None:
    begun = begin(ada, shop="ada")

    finished = come_back(ada, begun)

    connection = finished.json["connection"]
    assert begun.json["authorizationUrl"].startswith(f"{shop.vendor.url}/oauth/authorize?")
    assert (finished.status, connection["platformAccountId"]) == (200, "shop-1")
    assert shop.paths() == ["/42/v1/me"]
    assert shop.forms()[0].items() >= {"code": "c", "expiring": "1", **APP}.items()
    assert kept(ada, connection["connectionId"]).access_token == "at"
    assert kept(ada, connection["connectionId"]).platform_data == {"shop": "ada", "realm": "42"}


def test_the_browser_is_sent_to_the_host_that_was_told(ada: Someone, shop: Shop) -> None:
    assert urlsplit(begin(ada, shop="another").json["authorizationUrl"]).netloc == "another.shops.example"


@pytest.mark.parametrize(
    ("tenant", "path"),
    [
        ({}, "tenant.shop"),
        ({"shop": "evil.example/"}, "tenant.shop"),
        ({"shop": "ada\n"}, "tenant.shop"),
        ({"shop": "ada", "realm": "42"}, "tenant.realm"),
    ],
)
def test_s36_what_is_no_name_of_an_account_there_is_refused(
    ada: Someone, shop: Shop, tenant: dict[str, str], path: str
) -> None:
    refused = begin(ada, **tenant)

    assert refused.status == 422
    assert [detail["path"] for detail in refused.json["error"]["details"]] == [path]


@pytest.mark.parametrize("brought", [{"realm": ""}, {"realm": "42/../x"}, {"hmac": "0" * 64}, {"hmac": ""}])
def test_s29_a_redirect_that_the_vendor_did_not_write_or_that_lacks_the_account_is_refused(
    ada: Someone, shop: Shop, brought: dict[str, str]
) -> None:
    refused = come_back(ada, begin(ada, shop="ada"), **brought)

    assert (refused.status, refused.code) == (400, "bad_request")
    assert shop.vendor.asked == []


def test_s30_a_redirect_that_names_another_account_than_was_told_is_refused(
    ada: Someone, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_twice = replace(SHOPS, host=ADA, auth=replace(AUTH, callback=("shop",)))
    monkeypatch.setitem(CONNECTORS, "shops", told_twice)

    assert come_back(ada, begin(ada, shop="ada"), shop="ada").status == 200
    assert come_back(ada, begin(ada, shop="ada"), shop="eve").status == 400


def test_tokens_are_renewed_at_the_customers_own_host(ada: Someone, shop: Shop) -> None:
    made = come_back(ada, begin(ada, shop="ada")).json["connection"]["connectionId"]
    ended = replace(kept(ada, made), expires_at=datetime.now(UTC) - timedelta(hours=1))
    outside().custody.store(ada.account_id, made, ended)

    tested = ada.http.post(f"/connections/{made}/test")

    assert tested.json["works"] is True
    assert shop.forms()[1].items() >= {"grant_type": "refresh_token", "refresh_token": "rt", "expiring": "1"}.items()


def test_a_key_is_tried_at_the_customers_own_host(ada: Someone, told: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONNECTORS, "shops", replace(SHOPS, host="https://{shop}.shops.example"))
    stand_in(told, "shops", ADA)
    told.tell(page({"id": "shop-1", "name": "Ada's"}))

    made = ada.http.post("/connections", {"platform": "shops", "apiKey": "key-of-ada", "tenant": {"shop": "ada"}})
    unnamed = ada.http.post("/connections", {"platform": "shops", "apiKey": "key-of-ada"})

    assert (made.status, unnamed.status) == (201, 422)
    assert [(asked.path, asked.headers["authorization"]) for asked in told.asked] == [("/v1/me", "Bearer key-of-ada")]


def test_a_platform_says_what_it_asks_of_an_account(ada: Someone, shop: Shop) -> None:
    assert ada.http.get("/platforms/shops").json["asks"] == {"shop": r"[a-z0-9][a-z0-9-]{0,62}"}
    assert ada.http.get("/platforms/stripe").json["asks"] == {}


def whose(fetch: Fetch, _answer: Mapping[str, Any]) -> Identity:
    """Ask at the common host where the account is."""
    me, _ = answered(fetch, Request("/metadata", host="https://login.shops.example"), Me)
    return Identity(me.id, facts={"shop": me.name})


def test_a_host_that_only_the_vendor_knows_is_asked_for_at_another(
    ada: Someone, told: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_later = replace(SHOPS, asks=(), hosts=("https://login.shops.example",), auth=Keys(whose))
    monkeypatch.setitem(CONNECTORS, "shops", told_later)
    stand_in(told, "shops", "https://login.shops.example")
    told.tell(page({"id": "shop-1", "name": "us21"}))

    made = ada.http.post("/connections", {"platform": "shops", "apiKey": "key-of-ada"}).json

    assert kept(ada, made["connectionId"]).platform_data == {"shop": "us21"}
    assert made["platformAccountId"] == "shop-1"
