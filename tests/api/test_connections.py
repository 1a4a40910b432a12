"""Authorised logins: listed, tested, renamed, taken back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.aws import clients
from chalicelib.services.outside import outside
from chalicelib.store.connections import Connection
from sandbox.app import Sandbox
from tests.api.conftest import Someone, a_key, connected, consent, denials_of, events_of, stand_in, with_role
from tests.api.gateway import Answer
from tests.connectors.vendor import Vendor, page


def names_of_secrets() -> list[str]:
    listed = clients.secrets_manager().list_secrets()["SecretList"]
    return [secret["Name"] for secret in listed if secret["Name"].startswith("sources/")]


def revoke_at_vendor(vendors: Sandbox) -> None:
    for grant in vendors.vendors["stripe"].grants.grants.values():
        grant.revoked = True


def error(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.code


def test_a_connection_is_shown_without_any_secret(ada: Someone, connection_id: str, vendors: Sandbox) -> None:
    shown = ada.http.get(f"/connections/{connection_id}")

    tokens = [*vendors.vendors["stripe"].grants.tokens, *vendors.vendors["stripe"].grants.refreshers]
    assert shown.json["authType"] == "oauth"
    assert not [token for token in tokens if token in shown.text]


def test_connections_are_listed_by_platform_and_status(ada: Someone, connection_id: str) -> None:
    def listed(query: str) -> list[str]:
        return [item["connectionId"] for item in ada.http.get(f"/connections?{query}").json["items"]]

    assert listed("platform=stripe&status=active") == [connection_id]
    assert listed("platform=dropbox") == listed("status=expired") == []


def test_a_connection_that_works_says_whose_account_it_is(ada: Someone, connection_id: str) -> None:
    tested = ada.http.post(f"/connections/{connection_id}/test")

    assert (tested.json["works"], tested.json["platformAccountId"]) == (True, "acct_1SandboxListBackup")


def test_a_connection_the_vendor_ended_is_found_expired(ada: Someone, connection_id: str, vendors: Sandbox) -> None:
    revoke_at_vendor(vendors)

    tested = ada.http.post(f"/connections/{connection_id}/test")

    assert (tested.status, tested.json["works"]) == (200, False)
    assert ada.http.get(f"/connections/{connection_id}").json["status"] == "expired"


def with_status(someone: Someone, connection_id: str, status: str) -> None:
    kept = Connection.fetch(account_id=someone.account_id, connection_id=connection_id)
    assert kept is not None
    kept.change(now=datetime.now(UTC), status=status, status_reason="because")


@pytest.mark.parametrize("status", ["expired", "error"])
def test_a_connection_that_works_again_is_active_and_gives_no_reason(
    ada: Someone, connection_id: str, status: str
) -> None:
    with_status(ada, connection_id, status)

    ada.http.post(f"/connections/{connection_id}/test")

    shown = ada.http.get(f"/connections/{connection_id}").json
    assert (shown["status"], shown["statusReason"]) == ("active", None)


def test_a_connection_that_is_being_deleted_is_not_opened_by_a_test(ada: Someone, connection_id: str) -> None:
    with_status(ada, connection_id, "revoked")

    tested = ada.http.post(f"/connections/{connection_id}/test")

    shown = ada.http.get(f"/connections/{connection_id}").json
    assert tested.json["works"] is True
    assert (shown["status"], shown["statusReason"]) == ("revoked", "because")


def test_a_connection_is_renamed_unless_it_changed_meanwhile(ada: Someone, connection_id: str) -> None:
    version = ada.http.get(f"/connections/{connection_id}").json["version"]

    renamed = ada.http.but(if_match=str(version)).patch(f"/connections/{connection_id}", {"name": "Europe"})
    stale = ada.http.but(if_match=str(version)).patch(f"/connections/{connection_id}", {"name": "Asia"})

    assert (renamed.json["name"], renamed.json["version"]) == ("Europe", version + 1)
    assert error(stale) == (409, "conflict")


def test_a_connection_in_use_is_not_deleted(ada: Someone, source: dict[str, Any]) -> None:
    refused = ada.http.delete(f"/connections/{source['connectionId']}")

    assert error(refused) == (409, "conflict")
    assert ada.http.get(f"/connections/{source['connectionId']}").json["status"] == "active"


def test_deleting_a_connection_with_its_sources_takes_everything_back(
    ada: Someone, source: dict[str, Any], vendors: Sandbox
) -> None:
    deleted = ada.http.delete(f"/connections/{source['connectionId']}?cascade=true")

    assert (deleted.status, deleted.json["revokedAtPlatform"]) == (200, True)
    assert deleted.json["deletedSources"] == [source["sourceId"]]
    assert names_of_secrets() == []
    assert ada.http.get(f"/connections/{source['connectionId']}").status == 404
    assert ada.http.get(f"/jobs/{source['job']['jobId']}").json["status"] == "cancelled"
    assert events_of(ada.account_id)[-1].action == "connections:delete"


def test_s21_whoever_may_not_delete_sources_deletes_none_with_their_connection(
    ada: Someone, eve: Someone, source: dict[str, Any]
) -> None:
    admin = with_role(ada, eve, "admin", withheld=["sources:delete"])

    refused = admin.delete(f"/connections/{source['connectionId']}?cascade=true")

    assert error(refused) == (403, "forbidden")
    assert ada.http.get(f"/sources/{source['sourceId']}").json["status"] == "active"
    assert [one.action for one in denials_of(ada.account_id)] == ["connections:delete"]


def test_a_key_is_kept_once_the_vendor_has_accepted_it(ada: Someone, vendors: Sandbox, connection_id: str) -> None:
    key = a_key(vendors, "acct_other")

    made = ada.http.post("/connections", {"platform": "stripe", "apiKey": key, "name": "By key"})

    assert (made.status, made.json["authType"], made.json["name"]) == (201, "api_key", "By key")
    assert key not in made.text


def test_another_key_of_the_same_vendor_account_renews_its_connection(ada: Someone, vendors: Sandbox) -> None:
    keys = [a_key(vendors, "acct_same") for _ in range(2)]

    made = [ada.http.post("/connections", {"platform": "stripe", "apiKey": key}).json for key in (*keys, keys[1])]

    assert len({one["connectionId"] for one in made}) == len(ada.http.get("/connections").json["items"]) == 1
    assert outside().custody.read(ada.account_id, made[0]["connectionId"]).access_token == keys[1]


def test_a_key_takes_no_grants_place(ada: Someone, vendors: Sandbox, connection_id: str) -> None:
    same = str(ada.http.get(f"/connections/{connection_id}").json["platformAccountId"])

    refused = ada.http.post("/connections", {"platform": "stripe", "apiKey": a_key(vendors, same)})

    assert error(refused) == (409, "conflict")
    assert connection_id in refused.json["error"]["message"]
    assert ada.http.get(f"/connections/{connection_id}").json["authType"] == "oauth"


def test_a_vendor_account_is_connected_by_key_in_each_tenant_for_itself(
    ada: Someone, eve: Someone, vendors: Sandbox
) -> None:
    body = {"platform": "stripe", "apiKey": a_key(vendors, "acct_shared")}

    made = [one.http.post("/connections", body) for one in (ada, eve)]

    assert [one.status for one in made] == [201, 201]
    assert made[0].json["connectionId"] != made[1].json["connectionId"]


def test_what_the_vendor_says_of_a_keys_account_is_kept_with_the_key(
    ada: Someone, eve: Someone, vendors: Sandbox
) -> None:
    connected(eve, "dropbox")
    key = list(vendors.vendors["dropbox"].grants.tokens)[-1]

    made = ada.http.post("/connections", {"platform": "dropbox", "apiKey": key}).json

    kept = outside().custody.read(ada.account_id, made["connectionId"])
    assert kept.platform_data["root_namespace_id"]


def by_key(someone: Someone, vendors: Sandbox) -> Any:
    """Connect Stripe by a key that is told nothing of scopes."""
    body = {"platform": "stripe", "apiKey": a_key(vendors, "acct_1SandboxListBackup")}
    return someone.http.post("/connections", body).json


def test_a_key_lacks_no_scope(ada: Someone, vendors: Sandbox) -> None:
    made = by_key(ada, vendors)

    assert (made["scopes"], made["missingScopes"], made["statusReason"]) == ([], [], None)


def test_s36_a_grant_given_to_a_connection_by_key_is_ended_with_it(ada: Someone, vendors: Sandbox) -> None:
    connection_id = by_key(ada, vendors)["connectionId"]

    begun = ada.http.post("/integrations/oauth/start/stripe", {"connectionId": connection_id}).json
    renewed = ada.http.get(consent(begun["authorizationUrl"])).json["connection"]
    deleted = ada.http.delete(f"/connections/{connection_id}").json

    assert (renewed["connectionId"], renewed["authType"]) == (connection_id, "oauth")
    assert deleted["revokedAtPlatform"] is True


def test_a_key_the_vendor_refuses_is_not_kept(ada: Someone, vendors: Sandbox) -> None:
    refused = ada.http.post("/connections", {"platform": "stripe", "apiKey": "rk_live_guess"})

    assert error(refused) == (409, "reauthorize")
    assert names_of_secrets() == []


@pytest.fixture
def stripe(told: Vendor) -> Vendor:
    """Stripe, answering as it is told."""
    stand_in(told, "stripe", "https://api.stripe.com")
    return told


def restricted(vendor: Vendor, account: str) -> None:
    """Stripe answers a restricted key that may not read its account."""
    message = f"The provided key 'rk_live_***' does not have the required permissions for this endpoint{account}. "
    message += "Having the 'rak_accounts_kyc_basic_read' permission would allow this request to continue."
    vendor.tell(page({"error": {"type": "invalid_request_error", "message": message}}, status=403))


def test_a_restricted_key_that_may_not_read_its_account_is_known_by_what_stripe_says_of_it(
    ada: Someone, stripe: Vendor
) -> None:
    restricted(stripe, " on account 'acct_1PJBLEBB'")

    made = ada.http.post("/connections", {"platform": "stripe", "apiKey": "rk_live_of_few_rights"})
    tested = ada.http.post(f"/connections/{made.json['connectionId']}/test")

    assert (made.status, made.json["platformAccountId"]) == (201, "acct_1PJBLEBB")
    assert tested.json["works"] is True


def test_a_restricted_key_of_nobody_known_is_refused_with_the_permission_it_lacks(ada: Someone, stripe: Vendor) -> None:
    restricted(stripe, "")

    refused = ada.http.post("/connections", {"platform": "stripe", "apiKey": "rk_live_of_few_rights"})

    assert error(refused) == (409, "refused_by_platform")
    assert "rak_accounts_kyc_basic_read" in refused.json["error"]["message"]
    assert names_of_secrets() == []


def test_s44_a_secret_cannot_be_named_in_a_change(ada: Someone, connection_id: str) -> None:
    assert ada.http.patch(f"/connections/{connection_id}", {"name": "x", "secretArn": "arn:aws:…"}).status == 422
