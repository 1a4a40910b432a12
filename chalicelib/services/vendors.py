"""Asking a vendor whose account a connection is, which also proves that it works."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.config import settings
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Connector, Identity
from chalicelib.connectors.session import Authorization, Bounds, VendorSession
from chalicelib.credentials.custody import Client, Custody
from chalicelib.credentials.tokens import Tokens
from chalicelib.credentials.vendor import open_session
from chalicelib.errors import ForbiddenStreamError, ReauthorizeError
from chalicelib.services import quotas
from chalicelib.store.connections import Connection

# A request to us has 29 seconds, and vendors are asked within it.
BOUNDS = Bounds(connect_seconds=3.0, read_seconds=8.0, page_seconds=12.0)


@dataclass(frozen=True, slots=True)
class Access:
    """What a test of a connection found: `identity` where it works, else `problem`."""

    identity: Identity | None
    problem: str | None


def must_have_leave(root_account_id: str, now: datetime) -> None:
    """Count that a tenant has us ask a vendor, which takes a worker for seconds; raises TooManyRequestsError."""
    quotas.take(root_account_id, "requests to platforms", settings().platform_requests_per_hour, now)


def identify(connector: Connector, client: Client, tokens: Tokens) -> Identity:
    """Ask whose account freshly issued tokens are for; raises a BackupError where the vendor does not say."""
    authorization = Authorization(
        headers=lambda: connector.headers(tokens.for_connector()), renew=_refused, tenant=tokens.platform_data
    )
    session = VendorSession(connector, authorization, stand_ins=client.hosts, bounds=BOUNDS)
    try:
        return connector.auth.identify(session.fetch, _answer(tokens))
    finally:
        session.close()


def check(connector: Connector, custody: Custody, connection: Connection) -> Access:
    """Try a connection; raises RetryableError where the vendor cannot be asked now."""
    try:
        return Access(_asked(connector, custody, connection), None)
    except (ReauthorizeError, ForbiddenStreamError) as refused:
        return Access(None, str(refused))


def _asked(connector: Connector, custody: Custody, connection: Connection) -> Identity:
    session = open_session(connector, custody, connection, clock=Clock())
    try:
        known = custody.read(connection.account_id, connection.connection_id)
        return connector.auth.identify(session.fetch, _answer(known))
    finally:
        session.close()


def _answer(tokens: Tokens) -> Mapping[str, Any]:
    """Give what the vendor answered when it issued the tokens, as far as it is kept."""
    return {**tokens.platform_data, "access_token": tokens.access_token}


def _refused() -> None:
    raise ReauthorizeError("the vendor does not accept the credentials it was given")
