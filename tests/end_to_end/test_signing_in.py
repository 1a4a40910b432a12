"""New passwords and one-time codes, at a user pool that checks them."""

import base64
import time
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from infra.local.running import Running
from tests.end_to_end.people import PASSWORD, Person

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

NEW = "Another-horse-8-battery"


def post(aws: Running, path: str, **body: Any) -> requests.Response:
    return requests.post(f"{aws.api}/auth/{path}", json=body, timeout=30)


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    app = TOTP(base64.b32decode(secret), 6, SHA1(), 30, enforce_key_length=False)
    return app.generate(int(time.time())).decode()


def test_s7_a_mailed_code_sets_a_new_password_and_ends_the_sessions_of_the_old_one(aws: Running, ada: Person) -> None:
    old = post(aws, "login", email=ada.email, password=PASSWORD).json()["tokens"]
    post(aws, "forgot-password", email=ada.email)

    wrong = post(aws, "reset-password", email=ada.email, code="111111", password=NEW)
    right = post(aws, "reset-password", email=ada.email, code=aws.code_for(ada.email), password=NEW)

    assert (wrong.status_code, right.status_code) == (400, 200)
    assert post(aws, "refresh", refreshToken=old["refreshToken"]).status_code == 401
    assert post(aws, "login", email=ada.email, password=PASSWORD).status_code == 401
    assert post(aws, "login", email=ada.email, password=NEW).status_code == 200


def test_s7_the_old_password_sets_a_new_one_and_ends_every_session(aws: Running, ada: Person) -> None:
    wrong = ada.post("/auth/change-password", {"oldPassword": "Wrong-horse-7-battery", "password": NEW})
    right = ada.post("/auth/change-password", {"oldPassword": PASSWORD, "password": NEW})

    assert (wrong.status_code, right.status_code) == (422, 200)
    assert ada.get("/sources").status_code == 401
    assert post(aws, "login", email=ada.email, password=NEW).status_code == 200


def test_a_login_needs_the_apps_code_until_codes_are_turned_off(aws: Running, ada: Person) -> None:
    secret = ada.post("/auth/mfa", {"password": PASSWORD}).json()["secret"]
    wrong, right = (ada.post("/auth/mfa/verify", {"code": code}) for code in ("000000", code_of(secret)))
    asked = post(aws, "login", email=ada.email, password=PASSWORD).json()

    answer = {"email": ada.email, "challenge": asked["challenge"], "session": asked["session"]}
    guessed = post(aws, "challenge", **answer, answer="000000")
    told = post(aws, "challenge", **answer, answer=code_of(secret))
    ada.post("/auth/mfa/remove", {"password": PASSWORD})

    assert (wrong.status_code, right.status_code) == (400, 200)
    assert (asked["challenge"], guessed.status_code, told.status_code) == ("SOFTWARE_TOKEN_MFA", 400, 200)
    assert post(aws, "login", email=ada.email, password=PASSWORD).json()["tokens"] is not None
