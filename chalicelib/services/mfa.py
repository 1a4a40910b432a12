"""One-time codes as a second factor: a secret is given out, proved by a code, and needed at each sign-in from then on.

The user pool comes first and the table after, which says how far it came: each step may be repeated.
"""

from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from chalicelib.aws.identity import Identity
from chalicelib.errors import ConflictError
from chalicelib.services.expecting import change
from chalicelib.store.recording import Deed
from chalicelib.store.users import User

ISSUER = "ListBackup"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the secret, alone and as the address that a QR code holds."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def begin(identity: Identity, user: User, token: str, deed: Deed) -> Enrolment:
    """Give out a secret; raises ConflictError where one is in use, since a new one would turn codes off at once."""
    if user.mfa == "on":
        raise ConflictError("one-time codes are on; turn them off at /auth/mfa/remove first")
    secret = identity.begin_codes(token)
    change(user, deed, None, mfa="pending")
    return Enrolment(secret, _uri(user.email, secret))


def turn_on(identity: Identity, user: User, token: str, code: str, deed: Deed) -> None:
    """Ask for codes from now on; raises ConflictError where no secret was given out."""
    if user.mfa != "pending":
        raise ConflictError("no secret waits to be proved; ask for one at /auth/mfa first")
    identity.turn_on_codes(token, code)
    change(user, deed, None, mfa="on")


def turn_off(identity: Identity, user: User, token: str, deed: Deed) -> None:
    """Ask for codes no more, whatever the table says of them."""
    identity.turn_off_codes(token)
    change(user, deed, None, mfa="off")


def _uri(email: str, secret: str) -> str:
    return f"otpauth://totp/{quote(f'{ISSUER}:{email}')}?{urlencode({'secret': secret, 'issuer': ISSUER})}"
