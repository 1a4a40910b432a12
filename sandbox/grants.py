"""Keeps who authorised what: single-use codes, access tokens, refresh tokens."""

import base64
import hashlib
import secrets
from dataclasses import asdict, dataclass, field
from threading import RLock
from typing import Any

from sandbox.settings import VendorSettings


class GrantRefusedError(Exception):
    """The code or refresh token is not good; the message says why."""


class TokenRefusedError(Exception):
    """The access token is not good; `reason` is invalid, expired or revoked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Grant:
    """One account's consent to one client."""

    id: str
    account: str
    scopes: list[str]
    refresh_token: str = ""
    revoked: bool = False


@dataclass
class Code:
    grant: str
    redirect_uri: str
    challenge: str
    expires: float
    used: bool = False


@dataclass
class AccessToken:
    grant: str
    expires: float | None


@dataclass
class Grants:
    settings: VendorSettings
    grants: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, AccessToken] = field(default_factory=dict)
    refreshers: dict[str, str] = field(default_factory=dict)  # refresh token -> grant
    guard: RLock = field(default_factory=RLock)  # of two who use the same code or token, one must be the first

    def consent(self, account: str, scopes: list[str]) -> Grant:
        grant = Grant(secrets.token_hex(8), account, scopes)
        self.grants[grant.id] = grant
        return grant

    def code(self, grant: Grant, redirect_uri: str, challenge: str, now: float, prefix: str = "") -> str:
        code = prefix + secrets.token_urlsafe(24)
        self.codes[code] = Code(grant.id, redirect_uri, challenge, now + self.settings.code_seconds)
        return code

    def redeem(self, text: str, redirect_uri: str | None, verifier: str, now: float) -> Grant:
        """Use up a code; a second use revokes what the first one gave. Raises GrantRefusedError."""
        with self.guard:
            code = self.codes.get(text)
            if code is None:
                raise GrantRefusedError("Authorization code does not exist")
            grant = self.grants[code.grant]
            if code.used:
                grant.revoked = True
                raise GrantRefusedError("Authorization code was used already; its tokens have been revoked")
            _check(code, redirect_uri, verifier, now)
            code.used = True
            return grant

    def access(self, grant: Grant, now: float, prefix: str = "", seconds: int | None = None) -> str:
        """Issue an access token that lives as long as the vendor's do, or for `seconds`."""
        lifetime = self.settings.access_seconds if seconds is None else seconds
        token = prefix + secrets.token_urlsafe(32)
        self.tokens[token] = AccessToken(grant.id, now + lifetime if lifetime else None)
        return token

    def refresher(self, grant: Grant, prefix: str = "") -> str:
        """Return the grant's refresh token, making it the first time."""
        if not grant.refresh_token:
            grant.refresh_token = prefix + secrets.token_urlsafe(32)
            self.refreshers[grant.refresh_token] = grant.id
        return grant.refresh_token

    def refresh(self, token: str) -> Grant:
        """Find the grant of a refresh token, spending the token where they rotate. Raises GrantRefusedError."""
        with self.guard:
            grant = self.grants.get(self.refreshers.get(token, ""))
            if grant is None or grant.revoked or grant.refresh_token != token:
                raise GrantRefusedError("refresh token is invalid or revoked")
            if self.settings.rotate_refresh_tokens:
                grant.refresh_token = ""
            return grant

    def check(self, token: str, now: float) -> Grant:
        """Return the grant an access token stands for. Raises TokenRefusedError."""
        access = self.tokens.get(token)
        if access is None:
            raise TokenRefusedError("invalid")
        if self.grants[access.grant].revoked:
            raise TokenRefusedError("revoked")
        if access.expires is not None and access.expires <= now:
            raise TokenRefusedError("expired")
        return self.grants[access.grant]

    def of_account(self, account: str) -> list[Grant]:
        return [grant for grant in self.grants.values() if grant.account == account and not grant.revoked]

    def takes_redirect(self, uri: str) -> bool:
        if self.settings.redirect_uris:
            return uri in self.settings.redirect_uris
        return uri.startswith(("http://localhost", "http://127.0.0.1", "https://localhost", "https://127.0.0.1"))

    def dump(self) -> dict[str, Any]:
        return {
            "grants": {key: asdict(grant) for key, grant in self.grants.items()},
            "codes": {key: asdict(code) for key, code in self.codes.items()},
            "tokens": {key: asdict(token) for key, token in self.tokens.items()},
            "refreshers": self.refreshers,
        }

    def load(self, saved: dict[str, Any]) -> None:
        self.grants = {key: Grant(**fields) for key, fields in saved["grants"].items()}
        self.codes = {key: Code(**fields) for key, fields in saved["codes"].items()}
        self.tokens = {key: AccessToken(**fields) for key, fields in saved["tokens"].items()}
        self.refreshers = saved["refreshers"]


def _check(code: Code, redirect_uri: str | None, verifier: str, now: float) -> None:
    if code.expires <= now:
        raise GrantRefusedError("Authorization code expired")
    if redirect_uri is not None and redirect_uri != code.redirect_uri:
        raise GrantRefusedError("redirect_uri differs from the one of the authorization")
    if code.challenge and challenge_of(verifier) != code.challenge:
        raise GrantRefusedError("invalid code verifier")


def challenge_of(verifier: str) -> str:
    """Compute the S256 challenge of a PKCE verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
