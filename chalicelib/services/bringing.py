"""Connecting with what customers bring themselves: a key, or the id and secret of an app of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.connectors.connector import ClientCredentials, Connector
from chalicelib.connectors.hosts import misnamed, url_of
from chalicelib.credentials import exchange
from chalicelib.credentials.custody import Client, Custody
from chalicelib.credentials.tokens import issued
from chalicelib.errors import InvalidFieldsError
from chalicelib.services import connections, vendors
from chalicelib.store.connections import Connection
from chalicelib.store.recording import Deed


@dataclass(frozen=True, slots=True)
class Brought:
    """What a customer brings; of `tenant` see `Connector.asks`."""

    api_key: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    tenant: Mapping[str, str] = field(default_factory=dict)


def connect(connector: Connector, custody: Custody, brought: Brought, name: str | None, deed: Deed) -> Connection:
    """Connect with what was brought, once the vendor has accepted it.

    A vendor account that was connected so keeps its connection. Raises InvalidFieldsError for what lacks, ConflictError
    where the vendor account is connected otherwise.
    """
    client, tenant = custody.client(connector.name), told_of(connector, brought.tenant)
    answer = _opening(connector, client, brought, tenant)
    tokens = issued(connector.name, {**answer, **tenant}, scopes=(), now=deed.now)
    identity = vendors.identify(connector, client, tokens)
    tokens = replace(tokens, platform_data={**tokens.platform_data, **identity.facts})
    auth_type = "client_credentials" if isinstance(connector.auth, ClientCredentials) else "api_key"
    same = connections.same_brought(connector, identity, deed, auth_type)
    connection = same or connections.new(connector, name or identity.account_name or connector.title, deed)
    connection.auth_type = auth_type
    custody.store(connection.account_id, connection.connection_id, tokens)
    return connections.authorized(connection, connector, identity, tokens, deed, is_new=same is None)


def told_of(connector: Connector, told: Mapping[str, str]) -> dict[str, str]:
    """Keep what a platform asks of the customer's account; raises InvalidFieldsError naming what is not so."""
    wrong = misnamed(connector, connector.asks, told)
    unknown = sorted(told.keys() - {*connector.asks})
    details = [{"path": f"tenant.{name}", "message": f"it must match {pattern}"} for name, pattern in wrong.items()]
    details += [{"path": f"tenant.{name}", "message": f"{connector.title} does not ask for it"} for name in unknown]
    if details:
        raise InvalidFieldsError(
            f"GET /platforms/{connector.name} lists what it asks of the customer's account", details=details
        )
    return dict(told)


def _opening(connector: Connector, client: Client, brought: Brought, tenant: Mapping[str, str]) -> Mapping[str, Any]:
    """Give what opens the account, as a token endpoint would."""
    auth = connector.auth
    if not isinstance(auth, ClientCredentials):
        _must_be(connector, {"apiKey": brought.api_key}, {"clientId": brought.client_id})
        return {"access_token": brought.api_key}
    _must_be(
        connector, {"clientId": brought.client_id, "clientSecret": brought.client_secret}, {"apiKey": brought.api_key}
    )
    there = replace(auth, token_url=url_of(connector, auth.token_url, tenant))
    return exchange.own_tokens(there, client, f"{brought.client_id}:{brought.client_secret}")


def _must_be(connector: Connector, needed: Mapping[str, str | None], other: Mapping[str, str | None]) -> None:
    details = [{"path": name, "message": "it is needed"} for name, value in needed.items() if value is None]
    details += [{"path": name, "message": "it is of no use here"} for name, value in other.items() if value is not None]
    if details:
        raise InvalidFieldsError(f"{connector.title} is connected with {' and '.join(needed)}", details=details)
