"""A deployment of the API: the table, a user pool, a signing key, and people who use it."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey
from moto.cognitoidp.exceptions import CodeMismatchException, InvalidParameterException, UserNotFoundError
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.utilities.utils import load_resource

from chalicelib.aws import clients
from chalicelib.config import settings
from chalicelib.services.outside import outside
from chalicelib.store.activity import Denial, Event
from chalicelib.store.memberships import Membership
from sandbox.app import Sandbox
from sandbox.settings import Settings
from tests.api.gateway import Gateway
from tests.connectors.vendor import Vendor

PASSWORD = "Correct-horse-7-battery"
RESET_CODE = "654321"


def _revoke_token(self: CognitoIdpResponse) -> ActionResult:
    """moto lacks RevokeToken: forget the refresh token and the access tokens it gave, as Cognito does."""
    for pool in self.backend.user_pools.values():
        _, _, session = pool.refresh_tokens.pop(self._get_param("Token"), None) or (None, None, None)
        for token in [one for one in pool.access_tokens if claims_of(one)["origin_jti"] == session]:
            pool.access_tokens.pop(token)
    return EmptyResult()


def _resend_confirmation_code(self: CognitoIdpResponse) -> ActionResult:
    """moto lacks ResendConfirmationCode: refuse whom Cognito refuses."""
    client_id, username = self._get_param("ClientId"), self._get_param("Username")
    pool = next(pool for pool in self.backend.user_pools.values() if client_id in pool.clients)
    user = pool._get_user(username)
    if user is None:
        raise UserNotFoundError(username)
    if user.status == "CONFIRMED":
        raise InvalidParameterException("User is already confirmed.")
    return EmptyResult()


def _confirm_forgot_password(self: CognitoIdpResponse) -> ActionResult:
    """moto takes nearly any code at any time: refuse all but the one that was asked for, once."""
    client_id, username = self._get_param("ClientId"), self._get_param("Username")
    pool = next(pool for pool in self.backend.user_pools.values() if client_id in pool.clients)
    user = pool._get_user(username)
    if user is None or user.confirmation_code is None or self._get_param("ConfirmationCode") != RESET_CODE:
        raise CodeMismatchException("Invalid verification code provided, please try again.")
    self.backend.confirm_forgot_password(client_id, username, self._get_param("Password"), RESET_CODE)
    return EmptyResult()


for _lacking in (_revoke_token, _resend_confirmation_code, _confirm_forgot_password):
    setattr(CognitoIdpResponse, _lacking.__name__.removeprefix("_"), _lacking)


@dataclass(frozen=True)
class Pool:
    pool_id: str
    client_id: str


@pytest.fixture
def pool(table: None) -> Iterator[Pool]:
    """The deployment's user pool, as infra/core.yaml configures it."""
    with new_pool() as made:
        yield made


@contextmanager
def new_pool() -> Iterator[Pool]:
    """Make a user pool and a signing key, and tell the app their names."""
    made = clients.cognito().create_user_pool(
        PoolName="listbackup-test",
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        MfaConfiguration="OPTIONAL",
        Policies={"PasswordPolicy": {"MinimumLength": 12}},
    )["UserPool"]["Id"]
    client = new_client(made)
    clients.secrets_manager().create_secret(Name="listbackup/test/system/signing-key", SecretString="k" * 64)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("USER_POOL_ID", made)
        environment.setenv("USER_POOL_CLIENT_ID", client)
        forget()
        yield Pool(made, client)
    forget()


def forget() -> None:
    """Let the app read its settings anew."""
    settings.cache_clear()
    outside.cache_clear()


def new_client(pool_id: str) -> str:
    made = clients.cognito().create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )
    return str(made["UserPoolClient"]["ClientId"])


@pytest.fixture
def http(pool: Pool) -> Gateway:
    """The API, for anyone."""
    from app import app

    return Gateway(app)


@dataclass(frozen=True)
class Someone:
    """A signed-in user and their own root account."""

    http: Gateway
    email: str
    user_id: str
    account_id: str
    tokens: dict[str, Any]


def signed_up(http: Gateway, email: str) -> Someone:
    http.post("/auth/register", {"email": email, "password": PASSWORD, "name": email.partition("@")[0].title()})
    http.post("/auth/confirm", {"email": email, "code": "123456"})
    return logged_in(http, email)


def logged_in(http: Gateway, email: str, password: str = PASSWORD) -> Someone:
    login = http.post("/auth/login", {"email": email, "password": password}).json
    tokens, user = login["tokens"], login["user"]
    entered = http.but(authorization=f"Bearer {tokens['accessToken']}")
    return Someone(entered, email, user["userId"], user["currentAccountId"], tokens)


@pytest.fixture
def ada(http: Gateway) -> Someone:
    """An owner."""
    return signed_up(http, "ada@example.com")


@pytest.fixture
def eve(http: Gateway) -> Someone:
    """Another tenant's owner."""
    return signed_up(http, "eve@example.org")


def sign(claims: dict[str, Any], **header: Any) -> str:
    """Sign claims as moto's user pools do."""
    private = RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))
    return jwt.encode({"kid": "dummy", "alg": "RS256", **header}, claims, private)


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def with_role(owner: Someone, someone: Someone, role: str, **permissions: list[str]) -> Gateway:
    """Let someone into the owner's account, and act there as them."""
    Membership.new(
        now=datetime.now(UTC), user_id=someone.user_id, account_id=owner.account_id, role=role, permissions=permissions
    ).create()
    return someone.http.but(x_account_context=owner.account_id)


def events_of(account_id: str) -> list[Event]:
    """The changes in the account, oldest first."""
    return list(Event.within(account_id=account_id))


def denials_of(account_id: str) -> list[Denial]:
    """What was refused in the account, oldest first."""
    return list(Denial.within(account_id=account_id))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The vendors, on this machine."""
    home = "https://api.test/integrations/oauth/callback"
    settings = Settings(port=0, size="tiny")
    for name, vendor in settings.vendors.items():
        vendor.redirect_uris = [f"{home}/{name}"]
    with Sandbox(settings) as running:
        yield running


@pytest.fixture
def vendors(sandbox: Sandbox, pool: Pool) -> Sandbox:
    """The vendors, and our registrations with them."""
    register_with(sandbox)
    return sandbox


def register_with(sandbox: Sandbox) -> None:
    """Keep our registrations with the vendors, and where they are."""
    for name, vendor in sandbox.vendors.items():
        hosts = {f"https://{host}": f"{sandbox.url}/{host}" for host in vendor.hosts}
        known = {"client_id": vendor.settings.client_id, "client_secret": vendor.settings.client_secret}
        secret = json.dumps({**known, "hosts": hosts})
        clients.secrets_manager().create_secret(Name=f"app/oauth/{name}", SecretString=secret)


@pytest.fixture
def told(pool: Pool) -> Iterator[Vendor]:
    """A vendor that answers as it is told."""
    vendor = Vendor()
    yield vendor
    vendor.close()


def stand_in(vendor: Vendor, platform: str, *hosts: str) -> None:
    """Keep our registration with a platform whose hosts a vendor stands in for."""
    known = {"client_id": "our-id", "client_secret": "our-secret", "hosts": dict.fromkeys(hosts, vendor.url)}
    clients.secrets_manager().create_secret(Name=f"app/oauth/{platform}", SecretString=json.dumps(known))


def consent(url: str, decision: str = "approve", account: str = "") -> str:
    """Decide on the vendor's consent page as its user does; gives the path and query it sends the browser back to."""
    page = urlsplit(url)
    form = {**dict(parse_qsl(page.query)), "decision": decision, "account": account}
    answer = requests.post(page._replace(query="").geturl(), data=form, allow_redirects=False, timeout=10)
    return answer.headers["Location"].removeprefix("https://api.test")


def connected(someone: Someone, platform: str = "stripe") -> str:
    """Connect a platform; gives the connection's id."""
    begun = someone.http.post(f"/integrations/oauth/start/{platform}").json
    finished = someone.http.get(consent(begun["authorizationUrl"]))
    return str(finished.json["connection"]["connectionId"])


def a_key(vendors: Sandbox, account: str) -> str:
    """A key that Stripe gave its customer, whose account is called so there."""
    stripe = vendors.vendors["stripe"]
    if account != stripe.default_account:
        stripe.seed(account, 1, {"*": 0})
    return stripe.grants.access(stripe.grants.consent(account, ["read_write"]), stripe.clock.now(), "sk_test_")


@pytest.fixture
def connection_id(ada: Someone, vendors: Sandbox) -> str:
    """Ada's connection to Stripe."""
    return connected(ada)


@pytest.fixture
def source(ada: Someone, connection_id: str) -> dict[str, Any]:
    """Ada's source, whose first backup is under way."""
    made = ada.http.post("/sources", {"connectionId": connection_id, "name": "Everything"})
    assert made.status == 201, made.text
    return dict(made.json)
