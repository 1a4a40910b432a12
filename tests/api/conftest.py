"""A deployment of the API: the table, a user pool, a signing key, and people who use it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult

from chalicelib.config import settings
from chalicelib.services.outside import outside
from tests.api.gateway import Gateway

PASSWORD = "Correct-horse-7-battery"


def _revoke_token(self: CognitoIdpResponse) -> ActionResult:
    """moto lacks RevokeToken: forget the refresh token, as Cognito does."""
    for pool in self.backend.user_pools.values():
        pool.refresh_tokens.pop(self._get_param("Token"), None)
    return EmptyResult()


CognitoIdpResponse.revoke_token = _revoke_token


@dataclass(frozen=True)
class Pool:
    pool_id: str
    client_id: str


@pytest.fixture
def pool(table: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """The deployment's user pool, as infra/core.yaml configures it."""
    cognito = boto3.client("cognito-idp")
    made = cognito.create_user_pool(
        PoolName="listbackup-test",
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        MfaConfiguration="OPTIONAL",
        Policies={"PasswordPolicy": {"MinimumLength": 12}},
    )["UserPool"]["Id"]
    client = new_client(made)
    monkeypatch.setenv("USER_POOL_ID", made)
    monkeypatch.setenv("USER_POOL_CLIENT_ID", client)
    boto3.client("secretsmanager").create_secret(Name="listbackup/test/system/signing-key", SecretString="k" * 64)
    settings.cache_clear()
    outside.cache_clear()
    yield Pool(made, client)
    settings.cache_clear()
    outside.cache_clear()


def new_client(pool_id: str) -> str:
    made = boto3.client("cognito-idp").create_user_pool_client(
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


def logged_in(http: Gateway, email: str) -> Someone:
    login = http.post("/auth/login", {"email": email, "password": PASSWORD}).json
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


def written(value: Any) -> str:
    return json.dumps(value)
