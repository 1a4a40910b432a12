"""The OAuth conversation says what the vendor's documents ask for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from chalicelib.connectors.connector import Fetch, Identity, OAuth
from chalicelib.credentials import exchange
from chalicelib.credentials.custody import Client
from chalicelib.errors import ReauthorizeError, RetryableError


def identify(_fetch: Fetch, _answer: Mapping[str, Any]) -> Identity:
    return Identity("vendor-account")


AUTHORIZE, TOKEN = "https://vendor.test/authorize", "https://vendor.test/token"
CLIENT = Client("our-id", "our-secret")
HOME = "https://api.test/callback"


def oauth(**facts: Any) -> OAuth:
    return OAuth(AUTHORIZE, TOKEN, ("read", "list"), identify, **facts)


def sent() -> dict[str, list[str]]:
    return parse_qs(str(responses.calls[0].request.body))


def test_the_user_is_sent_to_the_vendor_with_scopes_and_state() -> None:
    url = exchange.authorization_url(oauth(), CLIENT, redirect_uri=HOME, state="random", verifier=None)

    asked = parse_qs(urlsplit(url).query)
    assert asked == {
        "response_type": ["code"],
        "client_id": ["our-id"],
        "redirect_uri": [HOME],
        "scope": ["read list"],
        "state": ["random"],
    }


def test_s32_pkce_is_always_sha256() -> None:
    url = exchange.authorization_url(oauth(pkce=True), CLIENT, redirect_uri=HOME, state="s", verifier="v" * 43)

    asked = parse_qs(urlsplit(url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert "v" * 43 not in url


def test_hosts_can_stand_elsewhere() -> None:
    sandboxed = Client("our-id", "our-secret", {"https://vendor.test": "http://127.0.0.1:1/vendor.test"})

    url = exchange.authorization_url(oauth(), sandboxed, redirect_uri=HOME, state="s", verifier=None)

    assert url.startswith("http://127.0.0.1:1/vendor.test/authorize?")


@responses.activate
@pytest.mark.parametrize(
    ("client_auth", "fields"),
    [("body", {"client_id", "client_secret"}), ("basic", set()), ("secret_only", {"client_secret"})],
)
def test_the_client_proves_itself_as_the_vendor_wants(client_auth: Any, fields: set[str]) -> None:
    responses.post(TOKEN, json={"access_token": "a"})

    exchange.exchange_code(oauth(client_auth=client_auth), CLIENT, code="c", redirect_uri=HOME, verifier=None)

    assert {"client_id", "client_secret"} & set(sent()) == fields
    assert ("Authorization" in responses.calls[0].request.headers) == (client_auth == "basic")


@responses.activate
def test_the_verifier_goes_with_the_code() -> None:
    responses.post(TOKEN, json={"access_token": "a"})

    exchange.exchange_code(oauth(pkce=True), CLIENT, code="c", redirect_uri=HOME, verifier="v" * 43)

    assert (sent()["code"], sent()["code_verifier"]) == (["c"], ["v" * 43])


@responses.activate
def test_a_refused_code_needs_a_new_authorization() -> None:
    responses.post(TOKEN, status=400, json={"error": "invalid_grant"})

    with pytest.raises(ReauthorizeError, match="invalid_grant"):
        exchange.exchange_code(oauth(), CLIENT, code="used", redirect_uri=HOME, verifier=None)


@responses.activate
@pytest.mark.parametrize("answer", [{"body": "<html>"}, {"json": {}}, {"body": requests.ConnectTimeout()}])
def test_an_answer_that_is_no_answer_is_tried_again(answer: dict[str, Any]) -> None:
    responses.post(TOKEN, **answer)

    with pytest.raises(RetryableError):
        exchange.exchange_code(oauth(), CLIENT, code="c", redirect_uri=HOME, verifier=None)


@responses.activate
@pytest.mark.parametrize("answer", [{"access_token": "of-the-bot"}, {"user": None}, {"user": {}}])
def test_an_answer_without_the_tokens_that_are_looked_for_is_tried_again(answer: dict[str, Any]) -> None:
    responses.post(TOKEN, json=answer)

    with pytest.raises(RetryableError, match="without an access token"):
        exchange.refresh(oauth(tokens_in=lambda told: dict(told["user"])), CLIENT, "refresh-token")


@responses.activate
def test_s43_neither_code_nor_secret_is_in_an_error() -> None:
    responses.post(TOKEN, body=requests.ConnectionError("https://vendor.test/token?code=canary"))

    with pytest.raises(RetryableError) as failed:
        exchange.exchange_code(oauth(), CLIENT, code="canary", redirect_uri=HOME, verifier=None)

    assert "canary" not in str(failed.value)


@responses.activate
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s40_our_secret_does_not_follow_a_redirect(status: int) -> None:
    responses.post(TOKEN, status=status, headers={"Location": "https://evil.test/token"})
    elsewhere = responses.post("https://evil.test/token", json={"access_token": "theirs"})
    responses.get("https://evil.test/token", json={"access_token": "theirs"})

    with pytest.raises(RetryableError, match="could not be asked"):
        exchange.refresh(oauth(), CLIENT, "refresh-token")

    assert len(responses.calls) == 1
    assert elsewhere.call_count == 0
