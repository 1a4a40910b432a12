"""Signing up, in and out."""

from collections.abc import Sequence
from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.accounts import AccountView
from chalicelib.api.caller import Visitor
from chalicelib.api.endpoint import endpoint
from chalicelib.api.models import Body, Email, Name, Nothing, Secret, View
from chalicelib.api.passwords import Address, Code, NewPassword
from chalicelib.api.sessions import TokensView, UserView
from chalicelib.api.tokens import verify
from chalicelib.aws.identity import Challenge, SignedIn
from chalicelib.services import accounts, attempts, auth
from chalicelib.services.outside import outside

routes = Blueprint(__name__)


class NewUser(Body):
    email: Email = Field(examples=["ada@example.com"])
    password: NewPassword = Field(examples=["Correct-horse-7-battery"])
    name: Name = Field(examples=["Ada Lovelace"])
    account_name: Name | None = Field(default=None, examples=["Analytical Engines"])
    company: Name | None = None


class Confirmation(Body):
    email: Email = Field(examples=["ada@example.com"])
    code: Code = Field(examples=["123456"])


class Login(Body):
    email: Email = Field(examples=["ada@example.com"])
    password: Secret = Field(examples=["Correct-horse-7-battery"])


class ChallengeAnswer(Body):
    """`answer` is the one-time code, or the new password."""

    email: Email = Field(examples=["ada@example.com"])
    challenge: Literal["SOFTWARE_TOKEN_MFA", "NEW_PASSWORD_REQUIRED"]
    session: Annotated[Secret, Field(min_length=20, examples=["AYABeC1y8qooiuysEv0uM4wA"])]
    answer: Secret = Field(examples=["123456"])


class AcceptedView(View):
    """What is answered whether or not the address is known."""

    status: Literal["code_sent"] = "code_sent"
    message: str = "If the address can be used, a code is on its way to it; send it to /auth/confirm."


class LoginView(View):
    """Either tokens, user and accounts, or a challenge to be answered at /auth/challenge."""

    tokens: TokensView | None = None
    user: UserView | None = None
    accounts: Sequence[AccountView] = ()
    challenge: str | None = None
    session: str | None = None


@endpoint(
    routes,
    "POST",
    "/auth/register",
    name="auth.register",
    on="public",
    body=NewUser,
    returns=AcceptedView,
    status=202,
    errors=(429,),
)
def register(caller: Visitor, body: NewUser) -> AcceptedView:
    """Register a user with an account of their own; the answer is the same for a known address."""
    newcomer = auth.Registration(body.email, body.password, body.name, body.account_name or body.name, body.company)
    attempts.count("register", body.email, caller.now)
    auth.register(outside().identity, newcomer, caller.correlation_id, caller.now)
    return AcceptedView()


@endpoint(routes, "POST", "/auth/confirm", name="auth.confirm", on="public", body=Confirmation, errors=(429,))
def confirm(caller: Visitor, body: Confirmation) -> Nothing:
    """Prove an e-mail address with the code that was sent to it."""
    with attempts.counted("confirm", body.email, caller.now):
        outside().identity.confirm(body.email, body.code)
    return Nothing()


@endpoint(
    routes,
    "POST",
    "/auth/resend-code",
    name="auth.resend-code",
    on="public",
    body=Address,
    returns=AcceptedView,
    status=202,
    errors=(429,),
)
def resend_code(caller: Visitor, body: Address) -> AcceptedView:
    """Send the confirmation code again; the answer is the same for an unknown address."""
    attempts.count("code", body.email, caller.now)
    outside().identity.resend_code(body.email)
    return AcceptedView()


@endpoint(
    routes, "POST", "/auth/login", name="auth.login", on="public", body=Login, returns=LoginView, errors=(401, 403, 429)
)
def login(caller: Visitor, body: Login) -> LoginView:
    """Log in with address and password."""
    with attempts.counted("login", body.email, caller.now):
        outcome = outside().identity.sign_in(body.email, body.password)
    return _outcome(outcome, body.email, caller)


@endpoint(
    routes,
    "POST",
    "/auth/challenge",
    name="auth.challenge",
    on="public",
    body=ChallengeAnswer,
    returns=LoginView,
    errors=(401, 429),
)
def challenge(caller: Visitor, body: ChallengeAnswer) -> LoginView:
    """Go on with a login that asked for a one-time code or a new password."""
    with attempts.counted("challenge", body.email, caller.now):
        outcome = auth.answer_challenge(outside().identity, body.email, body.challenge, body.session, body.answer)
    return _outcome(outcome, body.email, caller)


def _outcome(outcome: SignedIn | Challenge, email: str, visitor: Visitor) -> LoginView:
    if isinstance(outcome, Challenge):
        return LoginView(challenge=outcome.name, session=outcome.session)
    identity, keys = outside().identity, outside().pool_keys
    claims = verify(
        outcome.access_token, issuer=identity.issuer, client_id=identity.client_id, keys=keys, now=visitor.now
    )
    session = auth.session(outcome, claims.subject, email, visitor.correlation_id, visitor.now)
    held = accounts.joined(session.memberships, None)
    return LoginView(
        tokens=TokensView.of(outcome),
        user=UserView.of(session.user),
        accounts=[AccountView.of(account) for account in held],
    )
