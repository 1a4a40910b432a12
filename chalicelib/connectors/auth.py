"""How a vendor's account is opened to us, and whose it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from chalicelib.connectors.calls import Fetch, Request


@dataclass(frozen=True, slots=True)
class Identity:
    """Which account of the vendor's a connection was authorised for, and what it may read.

    `facts` are kept with the tokens, as part of their `platform_data`.
    """

    account_id: str
    account_name: str = ""
    scopes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


Identify = Callable[[Fetch, Mapping[str, Any]], Identity]
Kind = Literal["oauth", "api_key", "client_credentials"]


@dataclass(frozen=True)
class OAuth:
    """The OAuth 2.0 facts of a platform.

    `{name}` in either URL stands for what who connects tells of their account there (`Connector.asks`).
    `authorize_params` go with the browser, `token_params` with each request for tokens. `client_auth`: how the client
    authenticates at the token endpoint. `callback` names parameters of the vendor's redirect that are kept with the
    tokens; `genuine` tells from all of them and our client secret whether the vendor has written them. `tokens_in`
    finds the tokens in the endpoint's answer. `identify` learns whose account it is from them. `revoke` builds the
    request that ends the grant, from the tokens (`access_token`, `refresh_token`, `platform_data`), our client id and
    our client secret; it is sent as it is, so it carries its own authorisation where it needs one.
    """

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    identify: Identify
    optional_scopes: tuple[str, ...] = ()
    scope_separator: str = " "
    client_auth: Literal["body", "basic", "secret_only"] = "body"
    pkce: bool = False
    authorize_params: Mapping[str, str] = field(default_factory=dict)
    token_params: Mapping[str, str] = field(default_factory=dict)
    callback: tuple[str, ...] = ()
    genuine: Callable[[Mapping[str, str], str], bool] | None = None
    tokens_in: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    revoke: Callable[[Mapping[str, Any], str, str], Request] | None = None
    kind: ClassVar[Kind] = "oauth"

    @property
    def urls(self) -> tuple[str, ...]:
        """List where the browser and our requests for tokens go."""
        return self.authorize_url, self.token_url


@dataclass(frozen=True)
class Keys:
    """A platform whose customers give us a key they have made there; `scopes` are the rights that it needs.

    `identify` learns whose account it is from the key.
    """

    identify: Identify
    scopes: tuple[str, ...] = ()
    optional_scopes: tuple[str, ...] = ()
    kind: ClassVar[Kind] = "api_key"
    urls: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class ClientCredentials:
    """A platform whose customers make an app of their own there, whose id and secret are traded for tokens.

    `{name}` in `token_url`, `token_params` and `identify` are as with `OAuth`. Where the tokens have ended, id and
    secret are traded again.
    """

    token_url: str
    identify: Identify
    scopes: tuple[str, ...] = ()
    optional_scopes: tuple[str, ...] = ()
    client_auth: Literal["body", "basic"] = "basic"
    token_params: Mapping[str, str] = field(default_factory=dict)
    kind: ClassVar[Kind] = "client_credentials"

    @property
    def urls(self) -> tuple[str, ...]:
        """List where our requests for tokens go."""
        return (self.token_url,)


Auth = OAuth | Keys | ClientCredentials
