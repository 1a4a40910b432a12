"""The OAuth 2.0 conversation with a vendor: authorize, exchange the code, refresh, revoke. Authlib speaks it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from requests import RequestException

from chalicelib.connectors.connector import ClientCredentials, Connector, OAuth
from chalicelib.connectors.hosts import oauth_of, url_of
from chalicelib.credentials.custody import Client
from chalicelib.errors import ReauthorizeError, RetryableError

TIMEOUT_SECONDS = 10
_DEAD_GRANTS = {"invalid_grant", "invalid_client", "unauthorized_client", "access_denied"}
_METHODS: dict[str, Any] = {"body": "client_secret_post", "basic": "client_secret_basic"}


def authorization_url(auth: OAuth, client: Client, *, redirect_uri: str, state: str, verifier: str | None) -> str:
    """Build the URL the user's browser is sent to; `verifier` is the PKCE secret, None where the vendor takes none."""
    params = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": auth.scope_separator.join(auth.scopes),
        "state": state,
        **auth.authorize_params,
    }
    if auth.optional_scopes:
        params["optional_scope"] = auth.scope_separator.join(auth.optional_scopes)
    if verifier:
        params |= {"code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256"}
    return str(add_params_to_uri(client.at(auth.authorize_url), list(params.items())))


def exchange_code(
    auth: OAuth, client: Client, *, code: str, redirect_uri: str, verifier: str | None
) -> Mapping[str, Any]:
    """Trade an authorisation code for the vendor's token answer.

    Raises ReauthorizeError where the vendor refuses the code, RetryableError where it could not be asked.
    """
    proof = {"code_verifier": verifier} if verifier else {}
    return _ask(auth, client, "fetch_token", code=code, redirect_uri=redirect_uri, **proof)


def refresh(auth: OAuth, client: Client, refresh_token: str) -> Mapping[str, Any]:
    """Trade a refresh token for the vendor's token answer; raises as `exchange_code` does."""
    return _ask(auth, client, "refresh_token", refresh_token=refresh_token)


def renewed(connector: Connector, client: Client, refresh_token: str, tenant: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for newer tokens in the platform's way; raises as `exchange_code` does."""
    auth = connector.auth
    if isinstance(auth, OAuth):
        return refresh(oauth_of(connector, auth, tenant), client, refresh_token)
    if isinstance(auth, ClientCredentials):
        return own_tokens(replace(auth, token_url=url_of(connector, auth.token_url, tenant)), client, refresh_token)
    raise ReauthorizeError(f"a key of {connector.title} cannot be renewed; connect with another one")


def own_tokens(auth: ClientCredentials, client: Client, own: str) -> Mapping[str, Any]:
    """Trade the id and secret of a customer's own app, `id:secret`, for the vendor's token answer.

    They stand where a refresh token would, since they are what the next tokens are had with. Raises as `exchange_code`.
    """
    client_id, _, client_secret = own.partition(":")
    theirs = Client(client_id, client_secret, client.hosts)
    return {**_ask(auth, theirs, "fetch_token", grant_type="client_credentials"), "refresh_token": own}


def _ask(
    auth: OAuth | ClientCredentials, client: Client, grant: Literal["fetch_token", "refresh_token"], **params: str
) -> Mapping[str, Any]:
    try:
        with _session(auth.client_auth, client) as session:
            answer: Mapping[str, Any] = getattr(session, grant)(
                client.at(auth.token_url), timeout=TIMEOUT_SECONDS, allow_redirects=False, **auth.token_params, **params
            )
    except OAuthError as refused:
        if refused.error in _DEAD_GRANTS:
            raise ReauthorizeError(
                f"the vendor refused the grant ({refused.error}); authorize the connection again"
            ) from None
        raise RetryableError(f"the vendor's token endpoint answered {refused.error}") from None
    except (RequestException, ValueError) as failed:
        raise RetryableError(f"the vendor's token endpoint could not be asked ({type(failed).__name__})") from None
    return _with_token(auth, answer)


def _with_token(auth: OAuth | ClientCredentials, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        tokens = auth.tokens_in(answer) if isinstance(auth, OAuth) else answer
    except (LookupError, TypeError, ValueError):
        tokens = {}
    if not tokens.get("access_token"):
        raise RetryableError("the vendor's token endpoint answered without an access token")
    return tokens


def _session(client_auth: str, client: Client) -> OAuth2Session:
    return OAuth2Session(
        client_id=client.client_id,
        client_secret=client.client_secret,
        token_endpoint_auth_method=_METHODS.get(client_auth, _secret_only),
    )


def _secret_only(session: OAuth2Session, _method: str, uri: str, headers: Any, body: str) -> tuple[str, Any, str]:  # noqa: ANN401
    """Authenticate as Stripe Connect wants it: the platform's secret key in the body, no client id."""
    return uri, headers, add_params_to_uri(f"?{body}", [("client_secret", session.client_secret)])[1:]
