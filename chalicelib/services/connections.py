"""Connections: authorised logins at platforms."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from chalicelib.config import settings
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Connector, Identity
from chalicelib.credentials.custody import Custody
from chalicelib.credentials.tokens import Tokens, issued
from chalicelib.credentials.vendor import open_session
from chalicelib.errors import BackupError, ConflictError, NotFoundError
from chalicelib.ids import new_id
from chalicelib.services import quotas, vendors
from chalicelib.services.expecting import expect
from chalicelib.services.vendors import Access
from chalicelib.store.connections import Connection
from chalicelib.store.sources import Source


def get(account_id: str, connection_id: str) -> Connection:
    """Find a connection of the account; raises NotFoundError."""
    found = Connection.fetch(account_id=account_id, connection_id=connection_id)
    if found is None:
        raise NotFoundError("there is no such connection")
    return found


def listed(account_id: str, after: str | None, platform: str | None, status: str | None) -> Iterator[Connection]:
    """Read the account's connections in order of id."""
    begun = Connection.SK.format(connection_id=after) if after else None
    found = Connection.within(account_id=account_id, after=begun)
    return (one for one in found if platform in (None, one.platform) and status in (None, one.status))


def of_vendor_account(account_id: str, platform: str, vendor_account_id: str) -> Connection | None:
    """Find the account's connection to one account of the vendor: a vendor may let a grant end an older one."""
    same = listed(account_id, None, platform, None)
    return next((one for one in same if one.platform_account_id == vendor_account_id), None)


def new(account_id: str, user_id: str, connector: Connector, name: str, now: datetime) -> Connection:
    """Make a connection, which is not written yet; raises ConflictError where the account has its full number."""
    must_have_room(account_id)
    return Connection.new(
        now=now,
        account_id=account_id,
        connection_id=new_id("con", now),
        user_id=user_id,
        platform=connector.name,
        name=name,
    )


def must_have_room(account_id: str) -> None:
    """Raise ConflictError where the account has its full number of connections."""
    quotas.must_have_room("connections", listed(account_id, None, None, None), settings().connections_per_account)


def with_key(
    account_id: str, user_id: str, connector: Connector, custody: Custody, key: str, name: str | None, now: datetime
) -> Connection:
    """Connect with a key the vendor gave its customer, once the vendor has accepted it."""
    tokens = issued(connector.name, {"access_token": key}, scopes=(), now=now)
    identity = vendors.identify(connector, custody.client(connector.name), tokens)
    connection = new(account_id, user_id, connector, name or identity.account_name or connector.title, now)
    connection.auth_type = "api_key"
    custody.store(account_id, connection.connection_id, tokens)
    return authorized(connection, connector, identity, tokens, is_new=True, now=now)


def authorized(
    connection: Connection, connector: Connector, identity: Identity, tokens: Tokens, *, is_new: bool, now: datetime
) -> Connection:
    """Write what an authorisation brought: whose account it is, what may be read, that it works (again)."""
    missing = sorted(set(connector.auth.scopes) - set(identity.scopes)) if identity.scopes else []
    facts: Mapping[str, Any] = {
        "status": "active",
        "status_reason": f"not granted: {', '.join(missing)}" if missing else None,
        "scopes": list(identity.scopes),
        "platform_account_id": identity.account_id,
        "platform_account_name": identity.account_name or None,
        "expires_at": tokens.expires_at,
        "last_used_at": now,
    }
    if not is_new:
        connection.change(now=now, **facts)
        return connection
    for name, value in facts.items():
        setattr(connection, name, value)
    connection.create()
    return connection


def rename(connection: Connection, name: str, expected_version: int | None, now: datetime) -> Connection:
    """Give a connection another name."""
    expect(connection.version, expected_version)
    connection.change(now=now, name=name)
    return connection


def test(connection: Connection, connector: Connector, custody: Custody, now: datetime) -> Access:
    """Ask the vendor whether the connection works, and write what it said."""
    access = vendors.check(connector, custody, connection)
    fresh = get(connection.account_id, connection.connection_id)
    if access.identity is not None:
        fresh.change(now=now, last_used_at=now, status="active")
    elif fresh.status == "active":
        fresh.change(now=now, status="expired", status_reason=access.problem)
    return access


def sources_of(connection: Connection) -> list[Source]:
    """List the sources that use a connection, strongly consistent; deleted ones excepted."""
    everything = Source.within(account_id=connection.account_id)
    return [one for one in everything if one.connection_id == connection.connection_id and one.status != "deleted"]


def close(connection: Connection, now: datetime) -> None:
    """Let no new source use the connection; raises ConflictError where sources use it already."""
    before = connection.status
    connection.change(now=now, status="revoked", status_reason="it is being deleted")
    if sources_of(connection):
        connection.change(now=now, status=before, status_reason=None)
        raise ConflictError("sources use the connection; delete them first, or delete it with cascade=true")


def remove(connection: Connection, connector: Connector, custody: Custody) -> bool:
    """End the grant at the vendor, forget the tokens and the connection; False where the vendor could not be told."""
    told = _revoked(connection, connector, custody)
    custody.remove(connection.account_id, connection.connection_id)
    connection.delete()
    return told


def _revoked(connection: Connection, connector: Connector, custody: Custody) -> bool:
    """Ask the vendor to end the grant; a grant that is dead already needs no ending."""
    if connector.auth.revoke is None or connection.auth_type != "oauth":
        return False
    with suppress(BackupError):
        client = custody.client(connector.name)
        tokens = custody.read(connection.account_id, connection.connection_id)
        held = {**tokens.for_connector(), "refresh_token": tokens.refresh_token}
        session = open_session(connector, custody, connection, clock=Clock())
        try:
            session.fetch(connector.auth.revoke(held, client.client_id, client.client_secret))
        finally:
            session.close()
        return True
    return False
