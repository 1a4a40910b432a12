"""Dropbox's OAuth: short-lived access tokens; refresh tokens that neither end nor change."""

from collections.abc import Mapping
from typing import Any

import msgspec

from chalicelib.connectors.connector import Fetch, Identity, OAuth, Request
from chalicelib.connectors.dropbox.calls import rpc
from chalicelib.connectors.paging import answered

SCOPES = (
    "account_info.read",
    "files.metadata.read",
    "files.content.read",
    "sharing.read",
    "file_requests.read",
)


class _Root(msgspec.Struct):
    root_namespace_id: str


class _Account(msgspec.Struct):
    account_id: str
    email: str
    root_info: _Root


def identify(fetch: Fetch, answer: Mapping[str, Any]) -> Identity:
    """Learn whose account it is, and the root of its team's space, without which team folders do not show."""
    account, _ = answered(fetch, rpc("users/get_current_account"), _Account)
    facts = {"root_namespace_id": account.root_info.root_namespace_id}
    return Identity(account.account_id, account.email, tuple(str(answer.get("scope", "")).split()), facts)


def revoke(tokens: Mapping[str, Any], _client_id: str, _client_secret: str) -> Request:
    """End the access token and the refresh token behind it."""
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "Content-Type": "application/json"}
    return Request("/2/auth/token/revoke", "POST", body=b"null", headers=headers, authorized=False, bare=True)


AUTH = OAuth(
    authorize_url="https://www.dropbox.com/oauth2/authorize",
    token_url="https://api.dropboxapi.com/oauth2/token",  # noqa: S106
    scopes=SCOPES,
    identify=identify,
    pkce=True,
    authorize_params={"token_access_type": "offline"},
    revoke=revoke,
)
