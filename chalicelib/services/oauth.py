"""Connecting a vendor's account by OAuth: begin, and finish with what the vendor's redirect brought back.

A state is 256 random bits, kept only as their hash, bound to user, account, platform and redirect, good for ten minutes
and one use. To finish, the browser must prove that it began: by the binding it was given then, or by its user's token.
Without that, a link sent to somebody else would connect their vendor account to the sender's.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pynamodb.exceptions import DeleteError

from chalicelib.connectors.connector import Connector, Identity, OAuth
from chalicelib.connectors.hosts import misnamed, oauth_of
from chalicelib.credentials import exchange
from chalicelib.credentials.custody import Client, Custody
from chalicelib.credentials.tokens import issued
from chalicelib.errors import BadRequestError, ConflictError, FatalError
from chalicelib.services import bringing, connections, vendors
from chalicelib.services.expecting import create
from chalicelib.store.connections import Connection
from chalicelib.store.oauth_states import OAuthState
from chalicelib.store.recording import Deed

LIFETIME = timedelta(minutes=10)
_REFUSED = "the authorization was not begun here, was used already, or took longer than ten minutes; start it again"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user wants to connect: a platform, under a name, or an existing connection again.

    `tenant` is what they tell of their account at the vendor (`Connector.asks`).
    """

    name: str | None
    connection_id: str | None
    return_to: str | None
    tenant: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Begun:
    """An authorisation under way; `binding` is for the browser that began it and for nobody else."""

    url: str
    state: str
    binding: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What the browser shows to finish: the binding it was given, or its signed-in user."""

    binding: str | None
    user_id: str | None


def begin(connector: Connector, custody: Custody, wish: Wish, deed: Deed, *, redirect_uri: str) -> Begun:
    """Begin an authorisation.

    Raises NotFoundError for a connection to renew that is not the account's, ConflictError for one that is being
    deleted, and where there is no room for a new one, InvalidFieldsError where what is told of the customer's account
    is not as the platform's is named.
    """
    _must_be_possible(connector, wish.connection_id, deed)
    tenant = bringing.told_of(connector, wish.tenant)
    auth, client = oauth_of(connector, _auth(connector), tenant), custody.client(connector.name)
    if not client.client_id:
        raise FatalError(f"put client_id and client_secret into the secret app/oauth/{connector.name}")
    state, binding = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    verifier = secrets.token_urlsafe(48) if auth.pkce else None
    kept = OAuthState.new(
        now=deed.now,
        state_hash=_hash(state),
        binding_hash=_hash(binding),
        user_id=deed.user_id,
        account_id=deed.account_id,
        platform=connector.name,
        redirect_uri=redirect_uri,
        return_to=wish.return_to,
        name=wish.name,
        connection_id=wish.connection_id,
        verifier=verifier,
        tenant=tenant or None,
        expires_at=deed.now + LIFETIME,
        ttl=int((deed.now + LIFETIME).timestamp()),
    )
    create(deed, connector.name, kept)
    url = exchange.authorization_url(auth, client, redirect_uri=redirect_uri, state=state, verifier=verifier)
    return Begun(url, state, binding, kept.expires_at)


def claim(platform: str, state: str, proof: Proof, *, redirect_uri: str, now: datetime) -> OAuthState:
    """Use up a state; raises the same BadRequestError for whatever is not the caller's to use here and now."""
    kept = OAuthState.fetch(state_hash=_hash(state))
    if kept is None or not _fits(kept, platform, proof, redirect_uri, now):
        raise BadRequestError(_REFUSED)
    try:
        kept.delete(condition=OAuthState.pk.exists())
    except DeleteError as refused:
        if refused.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise BadRequestError(_REFUSED) from refused
    return kept


def finish(
    connector: Connector, custody: Custody, state: OAuthState, told: Mapping[str, str], deed: Deed
) -> Connection:
    """Trade the code for tokens, learn whose they are, keep them, and only then write the connection.

    `told` are the parameters of the vendor's redirect. Raises ConflictError where an existing connection was authorised
    for another account of the vendor, or is being deleted (where that began meanwhile, the new tokens go with it),
    BadRequestError where the redirect is not what the vendor sends.
    """
    if state.connection_id:  # before the vendor gives tokens that nobody would take back
        connections.to_authorize(state.account_id, state.connection_id)
    client = custody.client(connector.name)
    tenant = _tenant(connector, client, state, told)
    auth = oauth_of(connector, _auth(connector), tenant)
    answer = exchange.exchange_code(
        auth, client, code=told["code"], redirect_uri=state.redirect_uri, verifier=state.verifier
    )
    tokens = issued(connector.name, answer, scopes=auth.scopes, now=deed.now)
    tokens = replace(tokens, platform_data={**tokens.platform_data, **tenant})
    identity = vendors.identify(connector, client, tokens)
    tokens = replace(tokens, platform_data={**tokens.platform_data, **identity.facts})
    connection, is_new = _connection(state, connector, identity, deed)
    connection.auth_type = "oauth"
    custody.store(connection.account_id, connection.connection_id, tokens)
    try:
        return connections.authorized(connection, connector, identity, tokens, deed, is_new=is_new)
    except ConflictError:
        connections.remove_if_closed(connection, connector, custody)
        raise


def _must_be_possible(connector: Connector, connection_id: str | None, deed: Deed) -> None:
    if connection_id is None:
        connections.must_have_room(deed.account_id)
        return
    known = connections.to_authorize(deed.account_id, connection_id)
    if known.platform != connector.name:
        raise ConflictError(f"the connection is one to {known.platform}; start there to authorize it again")


def _auth(connector: Connector) -> OAuth:
    if not isinstance(connector.auth, OAuth):
        raise BadRequestError(f"{connector.title} has no OAuth; connect it by POST /connections")
    return connector.auth


def _tenant(connector: Connector, client: Client, state: OAuthState, told: Mapping[str, str]) -> dict[str, str]:
    """Gather what is known of the customer's account: what they told themselves, and what the vendor tells now."""
    auth, asked = _auth(connector), dict(state.tenant or {})
    if auth.genuine is not None and not auth.genuine(told, client.client_secret):
        raise BadRequestError(f"the redirect is not one of {connector.title}'s; start it again")
    if misnamed(connector, auth.callback, told) or any(
        asked.get(name, told[name]) != told[name] for name in auth.callback
    ):
        raise BadRequestError(f"{connector.title} does not say which account it is, or names another; start it again")
    return asked | {name: told[name] for name in auth.callback}


def _connection(state: OAuthState, connector: Connector, identity: Identity, deed: Deed) -> tuple[Connection, bool]:
    """Choose what is authorised: the connection asked for, one for the same vendor account, or (True) a new one."""
    if state.connection_id:
        known = connections.to_authorize(state.account_id, state.connection_id)
        if known.platform_account_id not in (None, identity.account_id):
            raise ConflictError(
                f"this is another {connector.title} account ({identity.account_name or identity.account_id}); "
                "log in there with the account the connection is for, or make a new connection"
            )
        return known, False
    same = connections.of_vendor_account(state.account_id, connector.name, identity.account_id)
    if same is not None:
        connections.must_be_open(same)
        return same, False
    name = state.name or identity.account_name or connector.title
    return connections.new(connector, name, deed), True


def _fits(kept: OAuthState, platform: str, proof: Proof, redirect_uri: str, now: datetime) -> bool:
    bound = proof.binding is not None and hmac.compare_digest(_hash(proof.binding), kept.binding_hash)
    return (
        (bound or proof.user_id is not None)
        and proof.user_id in (None, kept.user_id)
        and (kept.platform, kept.redirect_uri) == (platform, redirect_uri)
        and kept.expires_at > now
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
