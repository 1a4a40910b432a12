"""The second factor: one-time codes of an authenticator app."""

from typing import Annotated, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.caller import Person
from chalicelib.api.endpoint import endpoint
from chalicelib.api.models import Body, Nothing, Secret, View
from chalicelib.services import attempts, mfa
from chalicelib.services.mfa import Enrolment
from chalicelib.services.outside import outside
from chalicelib.store.recording import Deed

routes = Blueprint(__name__)


class OwnPassword(Body):
    password: Secret = Field(examples=["Wooden-horse-6-battery"])


class OneTimeCode(Body):
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["123456"])]


class EnrolmentView(View):
    """For the authenticator app: show `otpauthUri` as a QR code, `secret` to be typed in. Neither is shown again."""

    secret: str
    otpauth_uri: str

    @classmethod
    def of(cls, enrolment: Enrolment) -> Self:
        """Show a secret to whom it belongs."""
        return cls(secret=enrolment.secret, otpauth_uri=enrolment.uri)


@endpoint(
    routes,
    "POST",
    "/auth/mfa",
    name="auth.begin-mfa",
    on="self",
    allow="profile:begin-mfa",
    body=OwnPassword,
    returns=EnrolmentView,
    status=201,
    repeatable=False,
    errors=(409, 429),
)
def begin(caller: Person, body: OwnPassword, deed: Deed) -> EnrolmentView:
    """Get a secret for one-time codes, by the password; they are asked for once a code has proved it."""
    _must_know_the_password(caller, body)
    return EnrolmentView.of(mfa.begin(outside().identity, caller.user, caller.token, deed))


@endpoint(
    routes,
    "POST",
    "/auth/mfa/verify",
    name="auth.verify-mfa",
    on="self",
    allow="profile:verify-mfa",
    body=OneTimeCode,
    repeatable=False,
    errors=(409, 429),
)
def verify(caller: Person, body: OneTimeCode, deed: Deed) -> Nothing:
    """Prove the secret by a code; from the next login on a code is asked for."""
    with attempts.counted("one-time code", caller.user.email, caller.now):
        mfa.turn_on(outside().identity, caller.user, caller.token, body.code, deed)
    return Nothing()


@endpoint(
    routes,
    "POST",
    "/auth/mfa/remove",
    name="auth.remove-mfa",
    on="self",
    allow="profile:remove-mfa",
    body=OwnPassword,
    repeatable=False,
    errors=(409, 429),
)
def remove(caller: Person, body: OwnPassword, deed: Deed) -> Nothing:
    """Turn one-time codes off, by the password."""
    _must_know_the_password(caller, body)
    mfa.turn_off(outside().identity, caller.user, caller.token, deed)
    return Nothing()


def _must_know_the_password(caller: Person, body: OwnPassword) -> None:
    """A token alone, should it be stolen, locks nobody out and takes nobody's second factor away."""
    with attempts.counted("password", caller.user.email, caller.now):
        outside().identity.check_password(caller.user.email, body.password)
