"""Connections: authorised logins at platforms. No answer ever holds a token or a key."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.caller import Caller, allowed
from chalicelib.api.endpoint import endpoint
from chalicelib.api.listing import Page, page
from chalicelib.api.models import Body, Listing, Name, Query, Tenant, View
from chalicelib.services import bringing, connections, platforms, sources, vendors
from chalicelib.services.expecting import expect
from chalicelib.services.outside import outside
from chalicelib.services.vendors import Access
from chalicelib.store.connections import Connection
from chalicelib.store.recording import Deed

routes = Blueprint(__name__)

Key = Annotated[
    str, Field(min_length=8, max_length=4096, pattern=r"^[\x21-\x7e]+$", json_schema_extra={"writeOnly": True})
]


ClientId = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[\x21-\x39\x3b-\x7e]+$")]


class NewConnection(Body):
    """A connection by a key the vendor gave its customer; by OAuth it is POST /integrations/oauth/start/{provider}.

    Platforms of the `authType` client_credentials take `clientId` and `clientSecret` of the customer's own app instead.
    """

    platform: str = Field(max_length=64, examples=["stripe"])
    api_key: Key | None = Field(default=None, examples=["rk_live_…"])
    client_id: ClientId | None = None
    client_secret: Key | None = None
    name: Name | None = None
    tenant: Tenant = Field(default_factory=dict)


class ConnectionChanges(Body):
    name: Name = Field(examples=["Stripe, Europe"])


class ConnectionFilter(Listing):
    platform: str | None = Field(default=None, max_length=64)
    status: Literal["active", "expired", "error", "revoked"] | None = None


class Removal(Query):
    cascade: bool = Field(
        default=False, description="delete the sources that use the connection, too; needs `sources:delete` as well"
    )


class ConnectionView(View):
    """A connection; `missingScopes` were needed and not granted, `extraScopes` were granted and not asked for."""

    connection_id: str = Field(examples=["con_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"])
    platform: str
    name: str
    auth_type: str
    status: str
    status_reason: str | None
    scopes: list[str]
    missing_scopes: list[str]
    extra_scopes: list[str]
    platform_account_id: str | None
    platform_account_name: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Show a connection."""
        return cls(
            connection_id=connection.connection_id,
            platform=connection.platform,
            name=connection.name,
            auth_type=connection.auth_type,
            status=connection.status,
            status_reason=connection.status_reason,
            scopes=connection.scopes,
            missing_scopes=_missing(connection),
            extra_scopes=_extra(connection),
            platform_account_id=connection.platform_account_id,
            platform_account_name=connection.platform_account_name,
            expires_at=connection.expires_at,
            last_used_at=connection.last_used_at,
            created_by=connection.user_id,
            created_at=connection.created_at,
            updated_at=connection.updated_at,
            version=int(connection.version),
        )


class AccessView(View):
    """What the vendor said to a test: whose account it is, or what is wrong."""

    works: bool
    problem: str | None
    platform_account_id: str | None
    platform_account_name: str | None
    scopes: Sequence[str]

    @classmethod
    def of(cls, access: Access) -> Self:
        """Show what a test found."""
        found = access.identity
        return cls(
            works=found is not None,
            problem=access.problem,
            platform_account_id=found.account_id if found else None,
            platform_account_name=found.account_name or None if found else None,
            scopes=found.scopes if found else (),
        )


class RemovedView(View):
    """`revokedAtPlatform` is false where the platform could not be told; its owner can then disconnect us there."""

    connection_id: str
    revoked_at_platform: bool
    deleted_sources: list[str]


@endpoint(
    routes,
    "POST",
    "/connections",
    name="connections.create",
    allow="connections:create",
    body=NewConnection,
    returns=ConnectionView,
    status=201,
    errors=(409, 429, 502, 503),
)
def create(caller: Caller, body: NewConnection, deed: Deed) -> ConnectionView:
    """Connect a platform with a key, once the platform has accepted it."""
    connector = platforms.connector(body.platform)
    vendors.must_have_leave(caller.account.root_account_id, caller.now)
    brought = bringing.Brought(body.api_key, body.client_id, body.client_secret, body.tenant)
    return ConnectionView.of(bringing.connect(connector, outside().custody, brought, body.name, deed))


@endpoint(
    routes,
    "GET",
    "/connections",
    name="connections.list",
    allow="connections:view",
    query=ConnectionFilter,
    returns=Page[ConnectionView],
)
def list_(caller: Caller, query: ConnectionFilter) -> Page[ConnectionView]:
    """List the account's connections."""
    return page(
        caller,
        "connections.list",
        query,
        lambda after: connections.listed(caller.account_id, after, query.platform, query.status),
        show=ConnectionView.of,
        position=lambda connection: connection.connection_id,
    )


@endpoint(
    routes,
    "GET",
    "/connections/{connection_id}",
    name="connections.get",
    allow="connections:view",
    returns=ConnectionView,
)
def get(caller: Caller, connection_id: str) -> ConnectionView:
    """Show a connection."""
    return ConnectionView.of(connections.get(caller.account_id, connection_id))


@endpoint(
    routes,
    "PATCH",
    "/connections/{connection_id}",
    name="connections.update",
    allow="connections:update",
    body=ConnectionChanges,
    returns=ConnectionView,
    errors=(409,),
)
def update(caller: Caller, connection_id: str, body: ConnectionChanges, deed: Deed) -> ConnectionView:
    """Give a connection another name."""
    found = connections.get(caller.account_id, connection_id)
    return ConnectionView.of(connections.rename(found, body.name, caller.expected_version, deed))


@endpoint(
    routes,
    "DELETE",
    "/connections/{connection_id}",
    name="connections.delete",
    allow="connections:delete",
    query=Removal,
    returns=RemovedView,
    errors=(409,),
)
def delete(caller: Caller, connection_id: str, query: Removal, deed: Deed) -> RemovedView:
    """End the grant at the platform and forget the tokens; refused while sources use it, unless `cascade`."""
    if query.cascade:
        allowed(caller, "sources:delete")
    connection = connections.get(caller.account_id, connection_id)
    expect(connection.version, caller.expected_version)
    used_by = connections.sources_of(connection) if query.cascade else []
    for source in used_by:
        sources.delete(source, outside().executions, replace(deed, action="sources:delete"))
    connections.close(connection, deed)
    told = connections.remove(connection, platforms.connector(connection.platform), outside().custody)
    return RemovedView(
        connection_id=connection_id, revoked_at_platform=told, deleted_sources=[one.source_id for one in used_by]
    )


@endpoint(
    routes,
    "POST",
    "/connections/{connection_id}/test",
    name="connections.test",
    allow="connections:test",
    returns=AccessView,
    errors=(429, 502, 503),
)
def test(caller: Caller, connection_id: str, deed: Deed) -> AccessView:
    """Ask the platform whether the connection works."""
    found = connections.get(caller.account_id, connection_id)
    connector = platforms.connector(found.platform)
    vendors.must_have_leave(caller.account.root_account_id, caller.now)
    return AccessView.of(connections.test(found, connector, outside().custody, deed, connection_id))


def _missing(connection: Connection) -> list[str]:
    wanted = platforms.connector(connection.platform).auth.scopes if connection.auth_type == "oauth" else ()
    return sorted(set(wanted) - set(connection.scopes)) if connection.scopes else []


def _extra(connection: Connection) -> list[str]:
    auth = platforms.connector(connection.platform).auth
    asked = {*auth.scopes, *auth.optional_scopes} if connection.auth_type == "oauth" else set(connection.scopes)
    return sorted(set(connection.scopes) - asked)
