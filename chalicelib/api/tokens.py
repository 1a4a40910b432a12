"""Access tokens, checked whatever stands before us: neither `chalice local` nor a bare route is a way in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from chalicelib.errors import UnauthenticatedError

CLOCK_SKEW = timedelta(seconds=60)
_REFUSED = "the access token is not valid; log in again"


class Keys(Protocol):
    """The issuer's public keys by id."""

    def key(self, key_id: str, now: datetime) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid access token says.

    `session` is what all tokens of one sign-in have in common, `signed_in_at` when that was; a refresh moves neither.
    """

    subject: str
    session: str
    signed_in_at: datetime
    issued_at: datetime
    expires_at: datetime
    scopes: tuple[str, ...]


def verify(token: str, *, issuer: str, client_id: str, keys: Keys, now: datetime) -> Claims:
    """Check an access token's signature, issuer, kind, app client and time.

    Raises UnauthenticatedError, without saying what was wrong. Only RS256 under a key the issuer publishes
    counts: keys or key addresses in the token's own header are not looked at.
    """
    claims = _signed(token, keys, now)
    if (claims.get("iss"), claims.get("token_use"), claims.get("client_id")) != (issuer, "access", client_id):
        raise UnauthenticatedError(_REFUSED)
    try:
        read = Claims(
            subject=str(claims["sub"]),
            session=claims.get("origin_jti") or claims["jti"],
            signed_in_at=_time(claims.get("auth_time", claims["iat"])),
            issued_at=_time(claims["iat"]),
            expires_at=_time(claims["exp"]),
            scopes=tuple(claims.get("scope", "").split()),
        )
        begins = max(read.issued_at, _time(claims.get("nbf", claims["iat"])))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as missing:
        raise UnauthenticatedError(_REFUSED) from missing
    if read.expires_at <= now or begins > now + CLOCK_SKEW:
        raise UnauthenticatedError("the access token has expired; refresh it")
    return read


def _signed(token: str, keys: Keys, now: datetime) -> Mapping[str, Any]:
    try:
        key = keys.key(str(jws.extract_compact(token.encode()).headers().get("kid")), now)
        if key is None:
            raise UnauthenticatedError(_REFUSED)
        return jwt.decode(token, RSAKey.import_key(dict(key)), algorithms=["RS256"]).claims
    except (JoseError, ValueError) as refused:
        raise UnauthenticatedError(_REFUSED) from refused


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
