"""HubSpot's OAuth: access tokens live for half an hour; refresh tokens stay as they are."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from chalicelib.connectors.connector import Fetch, Identity, OAuth, Request
from chalicelib.connectors.hubspot.types import CUSTOM, TYPES
from chalicelib.connectors.paging import answered

BASIC = ("oauth", "crm.objects.contacts.read")
EXTRA = {
    "automation",
    "content",
    "conversations.read",
    "crm.lists.read",
    "crm.objects.owners.read",
    "crm.schemas.companies.read",
    "crm.schemas.contacts.read",
    "crm.schemas.custom.read",
    "crm.schemas.deals.read",
    "files",
    "forms",
    "marketing-email",
    "sales-email-read",
}
SENSITIVE = {
    f"crm.objects.{kind}.{how}.read"
    for kind in ("companies", "contacts", "custom", "deals")
    for how in ("highly_sensitive", "sensitive")
}
OPTIONAL = tuple(sorted(({each.scope for each in TYPES.values()} | {CUSTOM.scope} | EXTRA | SENSITIVE) - set(BASIC)))


class _Token(msgspec.Struct):
    hub_id: int
    hub_domain: str = ""
    scopes: list[str] = []


def identify(fetch: Fetch, answer: Mapping[str, Any]) -> Identity:
    """Learn which portal the token is for, and which of the optional scopes it was given."""
    path = f"/oauth/v1/access-tokens/{quote(str(answer['access_token']), safe='')}"
    token, _ = answered(fetch, Request(path), _Token)
    return Identity(str(token.hub_id), token.hub_domain, tuple(token.scopes))


def revoke(tokens: Mapping[str, Any], _client_id: str, _client_secret: str) -> Request:
    """End the grant by deleting its refresh token."""
    path = f"/oauth/v1/refresh-tokens/{quote(str(tokens['refresh_token']), safe='')}"
    return Request(path, "DELETE", authorized=False, bare=True)


AUTH = OAuth(
    authorize_url="https://app.hubspot.com/oauth/authorize",
    token_url="https://api.hubapi.com/oauth/v1/token",  # noqa: S106
    scopes=BASIC,
    optional_scopes=OPTIONAL,
    identify=identify,
    revoke=revoke,
)
