"""Connections: authorised logins at platforms."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from chalicelib.config import settings
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Connector, Identity, OAuth
from chalicelib.credentials.custody import Custody
from chalicelib.credentials.tokens import Tokens
from chalicelib.credentials.vendor import open_session
from chalicelib.errors import BackupError, ConflictError, NotFoundError
from chalicelib.ids import new_id
from chalicelib.services import quotas, vendors
from chalicelib.services.expecting import change, create, expect
from chalicelib.services.vendors import Access
from chalicelib.store.connections import Connection
from chalicelib.store.recording import Deed, recorded
from chalicelib.store.sources import Source


def get(account_id: str, connection_id: str) -> Connection:
    """Find a connection of the account; raises NotFoundError."""
    found = Connection.fetch(account_id=account_id, connection_id=connection_id)
    if found is None:
        raise NotFoundError("there is no such connection")
    return found


def to_authorize(account_id: str, connection_id: str) -> Connection:
    """Find a connection that may be authorized again; raises NotFoundError, ConflictError where it is being deleted."""
    found = get(account_id, connection_id)
    must_be_open(found)
    return found


def must_be_open(connection: Connection) -> None:
    """Raise ConflictError where the connection is being deleted: nothing opens it again."""
    if connection.status == "revoked":
        raise ConflictError("the connection is being deleted; once it is gone (or deleted again), connect anew")


def listed(account_id: str, after: str | None, platform: str | None, status: str | None) -> Iterator[Connection]:
    """Read the account's connections in order of id."""
    begun = Connection.SK.format(connection_id=after) if after else None
    found = Connection.within(account_id=account_id, after=begun)
    return (one for one in found if platform in (None, one.platform) and status in (None, one.status))


def of_vendor_account(account_id: str, platform: str, vendor_account_id: str) -> Connection | None:
    """Find the account's connection to one account of the vendor: a vendor may let a grant end an older one."""
    same = listed(account_id, None, platform, None)
    return next((one for one in same if one.platform_account_id == vendor_account_id), None)


def new(connector: Connector, name: str, deed: Deed) -> Connection:
    """Make a connection, which is not written yet; raises ConflictError where the account has its full number."""
    must_have_room(deed.account_id)
    return Connection.new(
        now=deed.now,
        account_id=deed.account_id,
        connection_id=new_id("con", deed.now),
        user_id=deed.user_id,
        platform=connector.name,
        name=name,
    )


def must_have_room(account_id: str) -> None:
    """Raise ConflictError where the account has its full number of connections."""
    quotas.must_have_room("connections", listed(account_id, None, None, None), settings().connections_per_account)


def same_brought(connector: Connector, identity: Identity, deed: Deed, auth_type: str) -> Connection | None:
    """Find the connection that has the vendor account already, to get what was brought.

    Raises ConflictError where it was connected otherwise: an OAuth grant would be forgotten without being ended.
    """
    same = of_vendor_account(deed.account_id, connector.name, identity.account_id)
    if same is not None and (same.auth_type != auth_type or same.status == "revoked"):
        raise ConflictError(
            f"this {connector.title} account is connected already, by {same.connection_id}; authorize that again, "
            "or delete it first"
        )
    return same


def authorized(
    connection: Connection, connector: Connector, identity: Identity, tokens: Tokens, deed: Deed, *, is_new: bool
) -> Connection:
    """Write what an authorisation brought: whose account it is, what may be read, that it works (again)."""
    missing = sorted(set(connector.auth.scopes) - set(identity.scopes)) if identity.scopes else []
    facts: Mapping[str, Any] = {
        "auth_type": connection.auth_type,
        "status": "active",
        "status_reason": f"not granted: {', '.join(missing)}" if missing else None,
        "scopes": list(identity.scopes),
        "platform_account_id": identity.account_id,
        "platform_account_name": identity.account_name or None,
        "expires_at": tokens.expires_at,
        "last_used_at": deed.now,
    }
    if not is_new:
        change(connection, deed, connection.connection_id, **facts)
        return connection
    for name, value in facts.items():
        setattr(connection, name, value)
    create(deed, connection.connection_id, connection)
    return connection


def rename(connection: Connection, name: str, expected_version: int | None, deed: Deed) -> Connection:
    """Give a connection another name."""
    expect(connection.version, expected_version)
    change(connection, deed, connection.connection_id, name=name)
    return connection


def test(connection: Connection, connector: Connector, custody: Custody, deed: Deed, resource_id: str) -> Access:
    """Ask the vendor whether the connection of a resource (or it itself) works, and write what the vendor said.

    One that is being deleted works until the vendor is told, and stays revoked.
    """
    access = vendors.check(connector, custody, connection)
    fresh = get(connection.account_id, connection.connection_id)
    if access.identity is not None and fresh.status == "active":
        change(fresh, deed, resource_id, last_used_at=deed.now)
    elif access.identity is not None and fresh.status in ("expired", "error"):
        change(fresh, deed, resource_id, last_used_at=deed.now, status="active", status_reason=None)
    elif fresh.status == "active":
        change(fresh, deed, resource_id, status="expired", status_reason=access.problem)
    else:
        recorded(deed, resource_id)
    return access


def sources_of(connection: Connection) -> list[Source]:
    """List the sources that use a connection, strongly consistent; deleted ones excepted."""
    everything = Source.within(account_id=connection.account_id)
    return [one for one in everything if one.connection_id == connection.connection_id and one.status != "deleted"]


def close(connection: Connection, deed: Deed) -> None:
    """Let nothing use the connection any more; raises ConflictError where sources do.

    A source made since the connection was read has moved its version, and it is then left open, too.
    """
    if sources_of(connection):
        raise ConflictError("sources use the connection; delete them first, or delete it with cascade=true")
    change(connection, deed, connection.connection_id, status="revoked", status_reason="it is being deleted")


def remove(connection: Connection, connector: Connector, custody: Custody) -> bool:
    """End a closed connection's grant at the vendor, forget its tokens and it; False where the vendor was not told."""
    told = _revoked(connection, connector, custody)
    custody.remove(connection.account_id, connection.connection_id)
    connection.delete()
    return told


def remove_if_closed(connection: Connection, connector: Connector, custody: Custody) -> None:
    """End what a late authorisation brought to a connection whose deletion had begun; leave any other as it is."""
    kept = Connection.fetch(account_id=connection.account_id, connection_id=connection.connection_id)
    if kept is None or kept.status == "revoked":
        remove(connection, connector, custody)


def _revoked(connection: Connection, connector: Connector, custody: Custody) -> bool:
    """Ask the vendor to end the grant; a grant that is dead already needs no ending."""
    auth = connector.auth
    if not isinstance(auth, OAuth) or auth.revoke is None or connection.auth_type != "oauth":
        return False
    with suppress(BackupError):
        client = custody.client(connector.name)
        tokens = custody.read(connection.account_id, connection.connection_id)
        held = {**tokens.for_connector(), "refresh_token": tokens.refresh_token}
        session = open_session(connector, custody, connection, clock=Clock())
        try:
            session.fetch(auth.revoke(held, client.client_id, client.client_secret))
        finally:
            session.close()
        return True
    return False
