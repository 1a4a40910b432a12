"""Connecting a vendor's account, and every way of tricking us into it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib.aws import clients
from chalicelib.connectors.dropbox.oauth import SCOPES
from chalicelib.store.connections import Connection
from chalicelib.store.memberships import Membership
from chalicelib.store.oauth_states import OAuthState
from chalicelib.store.table import Item
from sandbox.app import Sandbox
from tests.api.conftest import Someone, connected, consent, denials_of, with_role
from tests.api.gateway import Answer, Gateway
from tests.faults.calls import seen

START = "/integrations/oauth/start/stripe"
APP = "https://app.test/connections?tab=1"


def begin(someone: Someone, **body: str) -> Answer:
    return someone.http.post(START, body)


def callback_of(begun: Answer) -> str:
    return consent(begun.json["authorizationUrl"])


def cookie_of(begun: Answer) -> str:
    return begun.headers["Set-Cookie"].partition(";")[0]


def refused(answer: Answer) -> bool:
    return (answer.status, answer.code) == (400, "bad_request")


@pytest.mark.parametrize("platform", ["stripe", "hubspot", "dropbox"])
def test_a_platform_is_connected_by_oauth(ada: Someone, vendors: Sandbox, platform: str) -> None:
    begun = ada.http.post(f"/integrations/oauth/start/{platform}", {"name": "Mine"})

    finished = ada.http.get(consent(begun.json["authorizationUrl"]))

    connection = finished.json["connection"]
    assert (begun.status, finished.status) == (201, 200)
    assert (connection["platform"], connection["status"], connection["name"]) == (platform, "active", "Mine")
    assert connection["platformAccountId"]


def test_the_browser_that_began_finishes_without_a_token_and_returns_to_the_app(
    http: Gateway, ada: Someone, vendors: Sandbox
) -> None:
    begun = begin(ada, returnTo=APP)

    finished = http.but(cookie=cookie_of(begun)).get(callback_of(begun))

    landed = urlsplit(finished.headers["Location"])
    assert (finished.status, landed.netloc, landed.path) == (303, "app.test", "/connections")
    assert parse_qs(landed.query)["status"] == ["connected"]
    assert parse_qs(landed.query)["tab"] == ["1"]


def test_s43_no_secret_is_in_the_cookie_the_table_or_an_answer(ada: Someone, vendors: Sandbox) -> None:
    begun = begin(ada)
    kept = "".join(str(item.attribute_values) for item in Item.scan())
    connection = ada.http.get(callback_of(begun))
    grants = vendors.vendors["stripe"].grants

    assert begun.json["state"] not in kept
    assert cookie_of(begun).partition("=")[2] not in kept
    assert all(token not in connection.text for token in (*grants.tokens, *grants.refreshers))
    assert "HttpOnly" in begun.headers["Set-Cookie"]
    assert "Secure" in begun.headers["Set-Cookie"]


def test_s29_a_state_is_good_for_one_use(ada: Someone, vendors: Sandbox) -> None:
    callback = callback_of(begin(ada))
    ada.http.get(callback)

    assert refused(ada.http.get(callback))


@pytest.mark.parametrize("state", ["unknown", "%00", "a" * 256])
def test_s29_an_unknown_state_is_refused_and_recorded(ada: Someone, vendors: Sandbox, state: str) -> None:
    answer = ada.http.get(f"/integrations/oauth/callback/stripe?code=ac_1&state={state}")

    assert refused(answer)
    assert [one.action for one in denials_of(ada.account_id)] == ["connections:authorize"]


def test_s29_a_missing_state_is_refused(ada: Someone, vendors: Sandbox) -> None:
    assert ada.http.get("/integrations/oauth/callback/stripe?code=ac_1").status == 422


def test_s29_a_state_is_refused_after_eleven_minutes_though_the_table_still_has_it(
    ada: Someone, vendors: Sandbox
) -> None:
    callback = callback_of(begin(ada))
    for state in OAuthState.scan():
        state.update(actions=[OAuthState.expires_at.set(datetime.now(UTC) - timedelta(minutes=1))])

    assert refused(ada.http.get(callback))


def test_s29_another_users_state_is_refused_and_stays_good_for_its_user(
    ada: Someone, eve: Someone, vendors: Sandbox
) -> None:
    callback = callback_of(begin(ada))

    assert refused(eve.http.get(callback))
    assert ada.http.get(callback).status == 200


def test_s30_whoever_lost_their_place_meanwhile_does_not_finish(
    http: Gateway, ada: Someone, eve: Someone, vendors: Sandbox
) -> None:
    begun = with_role(ada, eve, "admin").post(START)
    membership = Membership.fetch(user_id=eve.user_id, account_id=ada.account_id)
    assert membership is not None
    membership.change(now=datetime.now(UTC), status="suspended")

    answer = http.but(cookie=cookie_of(begun)).get(callback_of(begun))

    assert (answer.status, answer.code) == (403, "forbidden")
    assert ada.http.get("/connections").json["items"] == []
    assert denials_of(ada.account_id) == []


def test_s30_whoever_may_do_less_meanwhile_does_not_finish_and_it_is_told(
    http: Gateway, ada: Someone, eve: Someone, vendors: Sandbox
) -> None:
    begun = with_role(ada, eve, "admin").post(START, {"returnTo": APP})
    membership = Membership.fetch(user_id=eve.user_id, account_id=ada.account_id)
    assert membership is not None
    membership.change(now=datetime.now(UTC), role="viewer")

    answer = http.but(cookie=cookie_of(begun)).get(callback_of(begun))

    assert parse_qs(urlsplit(answer.headers["Location"]).query)["error"] == ["forbidden"]
    assert [(one.action, one.user_id) for one in denials_of(ada.account_id)] == [("connections:authorize", eve.user_id)]


def test_s30_a_browser_that_did_not_begin_cannot_finish(http: Gateway, ada: Someone, vendors: Sandbox) -> None:
    callback = callback_of(begin(ada))

    assert refused(http.get(callback))
    assert refused(http.but(cookie="listbackup_oauth=guess").get(callback))


def test_s31_a_state_of_another_platform_is_refused(ada: Someone, vendors: Sandbox) -> None:
    callback = callback_of(begin(ada)).replace("/callback/stripe", "/callback/hubspot")

    assert refused(ada.http.get(callback))


def test_s32_pkce_is_sent_where_the_platform_takes_it(ada: Someone, vendors: Sandbox) -> None:
    asked = ada.http.post("/integrations/oauth/start/dropbox").json["authorizationUrl"]

    assert parse_qs(urlsplit(asked).query)["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize(
    "place",
    [
        "//evil.test",
        "https://app.test.evil.test/",
        "https://evil.test/https://app.test",
        "https://app.test@evil.test/",
        "https://app.test\\@evil.test/",
        "https://app.test:444/",
        "http://app.test/",
        "javascript:alert(1)",
        "https://app.test%2eevil.test",
        "https://app.test\r\nSet-Cookie: a=b",
        "/relative",
    ],
)
def test_s33_the_browser_is_sent_back_to_our_apps_only(ada: Someone, vendors: Sandbox, place: str) -> None:
    answer = begin(ada, returnTo=place)

    assert (answer.status, answer.code) == (422, "invalid_fields")


def test_s33_the_redirect_is_always_our_own_callback(ada: Someone, vendors: Sandbox) -> None:
    asked = parse_qs(urlsplit(begin(ada).json["authorizationUrl"]).query)

    assert asked["redirect_uri"] == ["https://api.test/integrations/oauth/callback/stripe"]


def test_an_expired_connection_is_authorized_again_in_place(ada: Someone, connection_id: str) -> None:
    connection = Connection.fetch(account_id=ada.account_id, connection_id=connection_id)
    assert connection is not None
    connection.update(actions=[Connection.status.set("expired"), Connection.status_reason.set("revoked")])

    again = ada.http.get(callback_of(begin(ada, connectionId=connection_id))).json["connection"]

    assert (again["connectionId"], again["status"], again["statusReason"]) == (connection_id, "active", None)


def test_s35_a_connection_is_not_moved_to_another_account_of_the_vendor(ada: Someone, connection_id: str) -> None:
    begun = begin(ada, connectionId=connection_id)

    answer = ada.http.get(consent(begun.json["authorizationUrl"], account="acct_another"))

    assert (answer.status, answer.code) == (409, "conflict")
    assert ada.http.get(f"/connections/{connection_id}").json["platformAccountId"] == "acct_1SandboxListBackup"


def test_the_same_vendor_account_is_connected_once(ada: Someone, connection_id: str) -> None:
    assert connected(ada) == connection_id
    assert len(ada.http.get("/connections").json["items"]) == 1


def with_deletion_begun(someone: Someone, connection_id: str) -> None:
    connection = Connection.fetch(account_id=someone.account_id, connection_id=connection_id)
    assert connection is not None
    connection.change(now=datetime.now(UTC), status="revoked")


def test_a_connection_that_is_being_deleted_is_not_authorized_again(ada: Someone, connection_id: str) -> None:
    with_deletion_begun(ada, connection_id)

    answer = begin(ada, connectionId=connection_id)

    assert (answer.status, answer.code) == (409, "conflict")


@pytest.mark.parametrize("asked_for", [True, False])
def test_an_authorization_that_comes_back_after_a_deletion_began_opens_nothing(
    ada: Someone, connection_id: str, asked_for: bool
) -> None:
    """Neither the connection it was begun for, nor the one to the same account of the vendor."""
    begun = begin(ada, **{"connectionId": connection_id} if asked_for else {})
    with_deletion_begun(ada, connection_id)

    answer = ada.http.get(callback_of(begun))

    assert (answer.status, answer.code) == (409, "conflict")
    assert [one["status"] for one in ada.http.get("/connections").json["items"]] == ["revoked"]


@pytest.mark.parametrize("ended", [True, False])
def test_a_deletion_that_begins_while_an_authorization_comes_back_takes_the_new_tokens_along(
    ada: Someone, connection_id: str, vendors: Sandbox, ended: bool
) -> None:
    """Whether the deletion has ended when the tokens are kept, or broke off."""
    went: list[str] = []

    def delete(name: str, _: dict[str, Any]) -> None:
        if name in ("CreateSecret", "PutSecretValue") and not went:
            went.append(name)
            with_deletion_begun(ada, connection_id)
            assert not ended or ada.http.delete(f"/connections/{connection_id}").status == 200

    path = callback_of(begin(ada, connectionId=connection_id))
    with seen("before-call", delete):
        answer = ada.http.get(path)

    assert (answer.status, answer.code) == (409, "conflict")
    assert ada.http.get("/connections").json["items"] == []
    assert clients.secrets_manager().list_secrets(Filters=[{"Key": "name", "Values": ["sources/"]}])["SecretList"] == []
    assert list(vendors.vendors["stripe"].grants.grants.values())[-1].revoked


def test_s12_another_tenants_connection_cannot_be_authorized_again(eve: Someone, connection_id: str) -> None:
    assert begin(eve, connectionId=connection_id).status == 404


def test_what_the_user_denied_is_told_to_the_app(http: Gateway, ada: Someone, vendors: Sandbox) -> None:
    begun = begin(ada, returnTo=APP)
    denied = consent(begun.json["authorizationUrl"], decision="deny")

    answer = http.but(cookie=cookie_of(begun)).get(denied)

    assert parse_qs(urlsplit(answer.headers["Location"]).query)["status"] == ["failed"]


def test_s37_a_doubled_parameter_is_refused(ada: Someone, vendors: Sandbox) -> None:
    callback = callback_of(begin(ada))

    assert ada.http.get(f"{callback}&state=another").status == 422


def test_a_code_the_vendor_does_not_know_connects_nothing(ada: Someone, vendors: Sandbox) -> None:
    state = begin(ada).json["state"]

    answer = ada.http.get(f"/integrations/oauth/callback/stripe?code=ac_guess&state={state}")

    assert (answer.status, answer.code) == (409, "reauthorize")
    assert ada.http.get("/connections").json["items"] == []


def granted(someone: Someone, vendors: Sandbox, *scopes: str) -> Any:
    """Connect Dropbox, whose owner grants these scopes whatever was asked for."""
    url = urlsplit(someone.http.post("/integrations/oauth/start/dropbox").json["authorizationUrl"])
    changed = parse_qs(url.query) | {"scope": [" ".join(scopes)]}
    return someone.http.get(consent(url._replace(query=urlencode(changed, doseq=True)).geturl())).json["connection"]


def test_s34_scopes_that_were_not_granted_are_told(ada: Someone, vendors: Sandbox) -> None:
    connection = granted(ada, vendors, "account_info.read", "files.metadata.read")

    assert connection["missingScopes"] == ["file_requests.read", "files.content.read", "sharing.read"]
    assert connection["extraScopes"] == []
    assert "sharing.read" in connection["statusReason"]


def test_s34_scopes_that_were_not_asked_for_are_told(ada: Someone, vendors: Sandbox) -> None:
    connection = granted(ada, vendors, *SCOPES, "files.content.write")

    assert (connection["missingScopes"], connection["extraScopes"]) == ([], ["files.content.write"])
    assert "files.content.write" in connection["scopes"]
