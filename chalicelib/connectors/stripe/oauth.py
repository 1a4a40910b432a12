"""Stripe Connect's OAuth. The platform's secret key is the client secret; access tokens live until revoked."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import msgspec

from chalicelib.connectors.connector import Fetch, Identity, OAuth, Request
from chalicelib.connectors.paging import answered
from chalicelib.connectors.stripe.errors import UnpermittedError
from chalicelib.errors import ForbiddenStreamError

_HIDDEN = (
    "Stripe does not say whose key this is: allow it to read accounts (rak_accounts_kyc_basic_read, in the Dashboard "
    "under Developers, API keys), or give a secret key"
)


class _Account(msgspec.Struct):
    id: str
    email: str | None = None


def identify(fetch: Fetch, answer: Mapping[str, Any]) -> Identity:
    """Learn whose account it is: its id is in the token answer, its name is not. A key is told no scope."""
    account = _account(fetch)
    scopes = (str(answer["scope"]),) if answer.get("scope") else ()
    return Identity(str(answer.get("stripe_user_id") or account.id), account.email or "", scopes)


def _account(fetch: Fetch) -> _Account:
    """Read the account; of a restricted key that may not, Stripe's refusal says whose it is."""
    try:
        return answered(fetch, Request("/v1/account"), _Account)[0]
    except UnpermittedError as refused:
        if refused.account is None:
            raise ForbiddenStreamError(_HIDDEN) from refused
        return _Account(refused.account)


def revoke(tokens: Mapping[str, Any], client_id: str, client_secret: str) -> Request:
    """Disconnect the account from the platform."""
    key = b64encode(f"{client_secret}:".encode()).decode()
    return Request(
        "/oauth/deauthorize",
        method="POST",
        host="https://connect.stripe.com",
        form={"client_id": client_id, "stripe_user_id": tokens["platform_data"]["stripe_user_id"]},
        headers={"Authorization": f"Basic {key}"},
        authorized=False,
    )


AUTH = OAuth(
    authorize_url="https://connect.stripe.com/oauth/authorize",
    token_url="https://connect.stripe.com/oauth/token",  # noqa: S106
    scopes=("read_only",),
    identify=identify,
    client_auth="secret_only",
    revoke=revoke,
)
