from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox import Sandbox
from sandbox.grants import challenge_of
from tests.sandbox.conftest import Control

REDIRECT = "http://localhost:8000/callback"
STRIPE = ("ca_sandboxListBackupClient", "sk_test_sandboxListBackupPlatform")
HUBSPOT = ("5f0c0de0-0000-4000-8000-5a4db0c50001", "5f0c0de0-0000-4000-8000-5ec4e7000001")
DROPBOX = ("sandboxdbxappkey", "sandboxdbxsecret")
PAGES = {
    "stripe": ("connect.stripe.com/oauth/authorize", STRIPE[0], {"scope": "read_only"}),
    "hubspot": ("app.hubspot.com/oauth/authorize", HUBSPOT[0], {"scope": "oauth crm.objects.contacts.read"}),
    "dropbox": ("www.dropbox.com/oauth2/authorize", DROPBOX[0], {"token_access_type": "offline"}),
}


@dataclass(frozen=True)
class Consent:
    """Decides on a vendor's page as its owner would."""

    url: str
    http: requests.Session

    def __call__(self, vendor: str, decision: str = "approve", **more: str) -> dict[str, str]:
        """Return what the app is told."""
        answer = self.answer(vendor, decision, **more)
        assert answer.status_code == 302
        location = urlsplit(answer.headers["Location"])
        assert location._replace(query="").geturl() == REDIRECT
        return {name: values[0] for name, values in parse_qs(location.query).items()}

    def answer(self, vendor: str, decision: str = "approve", **more: str) -> requests.Response:
        path, client, wish = PAGES[vendor]
        asked = {"response_type": "code", "client_id": client, "redirect_uri": REDIRECT, "state": "s1", **wish, **more}
        form = asked | {"decision": decision}
        return self.http.post(f"{self.url}/{path}", data=form, allow_redirects=False)


@pytest.fixture
def consent(sandbox: Sandbox, http: requests.Session) -> Consent:
    return Consent(sandbox.url, http)


class Token(Protocol):
    def __call__(self, vendor: str, auth: tuple[str, str] | None = None, /, **form: str) -> requests.Response: ...


@pytest.fixture
def token(sandbox: Sandbox, http: requests.Session) -> Token:
    urls = {
        "stripe": "connect.stripe.com/oauth/token",
        "hubspot": "api.hubapi.com/oauth/v1/token",
        "dropbox": "api.dropboxapi.com/oauth2/token",
    }

    def ask(vendor: str, auth: tuple[str, str] | None = None, /, **form: str) -> requests.Response:
        return http.post(f"{sandbox.url}/{urls[vendor]}", data=form, auth=auth)

    return ask


def redeem(token: Token, vendor: str, code: str, **more: str) -> requests.Response:
    if vendor == "stripe":
        return token("stripe", grant_type="authorization_code", code=code, client_secret=STRIPE[1])
    client, secret = HUBSPOT if vendor == "hubspot" else DROPBOX
    form = {"client_id": client, "client_secret": secret, "redirect_uri": REDIRECT, "code": code, **more}
    return token(vendor, grant_type="authorization_code", **form)


def renew(token: Token, vendor: str, refresh_token: str) -> requests.Response:
    client, secret = {"stripe": STRIPE, "hubspot": HUBSPOT, "dropbox": DROPBOX}[vendor]
    form = {"client_id": client, "client_secret": secret, "refresh_token": refresh_token}
    return token(vendor, grant_type="refresh_token", **form)


@pytest.mark.parametrize("vendor", PAGES)
def test_the_page_shows_what_is_asked_and_posts_to_itself(
    sandbox: Sandbox, http: requests.Session, vendor: str
) -> None:
    path, client, wish = PAGES[vendor]

    page = http.get(f"{sandbox.url}/{path}", params={"client_id": client, "redirect_uri": REDIRECT, **wish})

    assert f'action="{sandbox.url}/{path}"' in page.text
    assert 'name="decision" value="approve"' in page.text


@pytest.mark.parametrize("vendor", PAGES)
def test_approval_gives_a_code_and_the_state_back(consent: Consent, vendor: str) -> None:
    told = consent(vendor)

    assert told["state"] == "s1"
    assert told["code"]


@pytest.mark.parametrize("vendor", PAGES)
def test_a_refusal_is_told_to_the_app(consent: Consent, vendor: str) -> None:
    assert consent(vendor, "deny")["error"] == "access_denied"


@pytest.mark.parametrize("vendor", PAGES)
def test_a_foreign_redirect_or_client_is_never_redirected_to(consent: Consent, vendor: str) -> None:
    assert consent.answer(vendor, redirect_uri="https://evil.example/").status_code == 400
    assert consent.answer(vendor, client_id="another").status_code == 400


@pytest.mark.parametrize("vendor", PAGES)
def test_registered_redirects_must_match_exactly(
    sandbox: Sandbox, http: requests.Session, consent: Consent, vendor: str
) -> None:
    http.patch(f"{sandbox.url}/_sandbox/{vendor}", json={"redirect_uris": [REDIRECT]})

    assert consent(vendor)["code"]
    assert consent.answer(vendor, redirect_uri=REDIRECT + "/more").status_code == 400


@pytest.mark.parametrize("vendor", PAGES)
def test_a_code_works_once_and_a_second_use_revokes(consent: Consent, token: Token, vendor: str) -> None:
    code = consent(vendor)["code"]

    first, second = redeem(token, vendor, code), redeem(token, vendor, code)

    assert (first.status_code, second.status_code) == (200, 400)
    assert second.json()["error"] == "invalid_grant"
    assert renew(token, vendor, first.json()["refresh_token"]).status_code == 400


@pytest.mark.parametrize("vendor", PAGES)
def test_a_code_does_not_live_long(control: Control, consent: Consent, token: Token, vendor: str) -> None:
    code = consent(vendor)["code"]

    control("POST", "/clock", {"advance": 601})

    assert redeem(token, vendor, code).status_code == 400


@pytest.mark.parametrize("vendor", PAGES)
def test_the_wrong_secret_gets_nothing(consent: Consent, token: Token, vendor: str) -> None:
    code = consent(vendor)["code"]
    form = {"code": code, "redirect_uri": REDIRECT, "client_id": PAGES[vendor][1], "client_secret": "wrong"}

    assert token(vendor, grant_type="authorization_code", **form).status_code in (400, 401)


def test_stripe_names_the_account_and_its_token_does_not_expire(
    sandbox: Sandbox, http: requests.Session, consent: Consent, token: Token, control: Control
) -> None:
    given = redeem(token, "stripe", consent("stripe")["code"]).json()
    control("POST", "/clock", {"advance": 10 * 365 * 86_400})

    headers = {"Authorization": f"Bearer {given['access_token']}"}
    answer = http.get(f"{sandbox.url}/api.stripe.com/v1/customers", headers=headers)

    assert given["stripe_user_id"].startswith("acct_")
    assert given["scope"] == "read_only"
    assert answer.status_code == 200


def test_stripe_takes_the_platform_key_with_the_account_until_it_is_deauthorized(
    sandbox: Sandbox, http: requests.Session, consent: Consent, token: Token
) -> None:
    account = redeem(token, "stripe", consent("stripe")["code"]).json()["stripe_user_id"]
    headers = {"Authorization": f"Bearer {STRIPE[1]}", "Stripe-Account": account}
    url = f"{sandbox.url}/api.stripe.com/v1/customers"

    before = http.get(url, headers=headers).status_code
    form = {"client_id": STRIPE[0], "stripe_user_id": account, "client_secret": STRIPE[1]}
    http.post(f"{sandbox.url}/connect.stripe.com/oauth/deauthorize", data=form)

    assert (before, http.get(url, headers=headers).status_code) == (200, 403)


def test_hubspot_tokens_live_thirty_minutes_and_are_renewed_with_the_same_refresh_token(
    sandbox: Sandbox, http: requests.Session, consent: Consent, token: Token, control: Control
) -> None:
    given = redeem(token, "hubspot", consent("hubspot")["code"]).json()
    control("POST", "/clock", {"advance": 1801})
    url = f"{sandbox.url}/api.hubapi.com/crm/v3/objects/contacts"

    expired = http.get(url, headers={"Authorization": f"Bearer {given['access_token']}"})
    renewed = renew(token, "hubspot", given["refresh_token"]).json()
    again = http.get(url, headers={"Authorization": f"Bearer {renewed['access_token']}"})

    assert given["expires_in"] == 1800
    assert (expired.status_code, expired.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert renewed["refresh_token"] == given["refresh_token"]
    assert again.status_code == 200


def test_hubspot_describes_a_token(sandbox: Sandbox, http: requests.Session, consent: Consent, token: Token) -> None:
    given = redeem(token, "hubspot", consent("hubspot")["code"]).json()

    told = http.get(f"{sandbox.url}/api.hubapi.com/oauth/v1/access-tokens/{given['access_token']}").json()

    assert told["hub_id"] == given["hub_id"]
    assert told["scopes"] == ["oauth", "crm.objects.contacts.read"]


def test_hubspot_refuses_unknown_scopes_on_its_page(consent: Consent) -> None:
    assert consent.answer("hubspot", scope="oauth no.such.scope").status_code == 400


def test_hubspot_forgets_a_deleted_refresh_token(
    sandbox: Sandbox, http: requests.Session, consent: Consent, token: Token
) -> None:
    given = redeem(token, "hubspot", consent("hubspot")["code"]).json()

    http.delete(f"{sandbox.url}/api.hubapi.com/oauth/v1/refresh-tokens/{given['refresh_token']}")

    assert renew(token, "hubspot", given["refresh_token"]).json()["error"] == "invalid_grant"


def test_dropbox_gives_a_refresh_token_once_and_only_offline(consent: Consent, token: Token) -> None:
    offline = redeem(token, "dropbox", consent("dropbox")["code"]).json()
    online = redeem(token, "dropbox", consent("dropbox", token_access_type="online")["code"]).json()
    renewed = renew(token, "dropbox", offline["refresh_token"]).json()

    assert offline["account_id"].startswith("dbid:")
    assert "refresh_token" not in online
    assert "refresh_token" not in renewed


def test_dropbox_takes_basic_authentication(consent: Consent, token: Token) -> None:
    form = {"code": consent("dropbox")["code"], "redirect_uri": REDIRECT}

    assert token("dropbox", DROPBOX, grant_type="authorization_code", **form).status_code == 200


def test_dropbox_checks_the_verifier(consent: Consent, token: Token) -> None:
    asked = {"code_challenge": challenge_of("v" * 43), "code_challenge_method": "S256"}

    wrong = redeem(token, "dropbox", consent("dropbox", **asked)["code"], code_verifier="w" * 43)
    right = redeem(token, "dropbox", consent("dropbox", **asked)["code"], code_verifier="v" * 43)

    assert (wrong.status_code, right.status_code) == (400, 200)


def test_dropbox_revokes_the_whole_grant(
    sandbox: Sandbox, http: requests.Session, consent: Consent, token: Token
) -> None:
    given = redeem(token, "dropbox", consent("dropbox")["code"]).json()
    headers = {"Authorization": f"Bearer {given['access_token']}"}

    http.post(f"{sandbox.url}/api.dropboxapi.com/2/auth/token/revoke", headers=headers)

    assert (
        http.post(f"{sandbox.url}/api.dropboxapi.com/2/users/get_current_account", headers=headers).status_code == 401
    )
    assert renew(token, "dropbox", given["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("vendor", PAGES)
def test_refresh_tokens_can_be_made_to_rotate(
    sandbox: Sandbox, http: requests.Session, consent: Consent, token: Token, vendor: str
) -> None:
    http.patch(f"{sandbox.url}/_sandbox/{vendor}", json={"rotate_refresh_tokens": True})
    first = redeem(token, vendor, consent(vendor)["code"]).json()["refresh_token"]

    second = renew(token, vendor, first).json()["refresh_token"]
    spent = renew(token, vendor, first)

    assert second != first
    assert spent.json()["error"] == "invalid_grant"
    assert renew(token, vendor, second).status_code == 200


def test_of_two_who_spend_a_rotating_token_at_once_one_wins(
    sandbox: Sandbox, http: requests.Session, consent: Consent, token: Token
) -> None:
    http.patch(f"{sandbox.url}/_sandbox/hubspot", json={"rotate_refresh_tokens": True})
    refresh_token = redeem(token, "hubspot", consent("hubspot")["code"]).json()["refresh_token"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: renew(token, "hubspot", refresh_token).status_code, range(8)))

    assert sorted(answers) == [200, *[400] * 7]


@pytest.mark.parametrize("vendor", PAGES)
def test_only_what_can_be_an_account_consents(consent: Consent, vendor: str) -> None:
    assert consent.answer(vendor, account="<script>").status_code == 400


def test_each_account_that_consents_has_data_of_its_own(
    sandbox: Sandbox, http: requests.Session, consent: Consent, token: Token
) -> None:
    scopes = "crm.objects.contacts.read crm.objects.contacts.write"
    tokens = [
        redeem(token, "hubspot", consent("hubspot", account=portal, scope=scopes)["code"]).json()["access_token"]
        for portal in ("111", "222")
    ]
    url = f"{sandbox.url}/api.hubapi.com/crm/v3/objects/contacts"
    http.delete(f"{url}/51", headers={"Authorization": f"Bearer {tokens[0]}"})

    seen = [http.get(f"{url}/51", headers={"Authorization": f"Bearer {text}"}).status_code for text in tokens]
    assert seen == [404, 200]
