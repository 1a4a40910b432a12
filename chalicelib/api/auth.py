"""Signing up, in and out."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import AfterValidator, Field

from chalicelib.api.accounts import AccountView
from chalicelib.api.caller import Person, Visitor
from chalicelib.api.endpoint import endpoint
from chalicelib.api.models import Body, Email, Name, Nothing, View
from chalicelib.api.tokens import verify
from chalicelib.aws.identity import Challenge, SignedIn
from chalicelib.domain.accounts import effective_role
from chalicelib.services import accounts, auth
from chalicelib.services.outside import outside
from chalicelib.store.users import User

routes = Blueprint(__name__)

MOST_ACCOUNTS = 500
_STRENGTHS = (("a lower-case letter", r"[a-z]"), ("an upper-case letter", r"[A-Z]"), ("a digit", r"[0-9]"))


def _strong(password: str) -> str:
    """Refuse what the user pool would, before it is asked: its answer could tell whether an address is known."""
    missing = [what for what, pattern in _STRENGTHS if not re.search(pattern, password)]
    if missing:
        raise ValueError(f"the password needs {' and '.join(missing)}")
    return password


NewPassword = Annotated[
    str, Field(min_length=12, max_length=256, json_schema_extra={"writeOnly": True}), AfterValidator(_strong)
]
Secret = Annotated[str, Field(min_length=1, max_length=8192, json_schema_extra={"writeOnly": True})]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{4,12}$")]


class NewUser(Body):
    email: Email = Field(examples=["ada@example.com"])
    password: NewPassword = Field(examples=["Correct-horse-7-battery"])
    name: Name = Field(examples=["Ada Lovelace"])
    account_name: Name | None = Field(default=None, examples=["Analytical Engines"])
    company: Name | None = None


class Confirmation(Body):
    email: Email = Field(examples=["ada@example.com"])
    code: Code = Field(examples=["123456"])


class Address(Body):
    email: Email = Field(examples=["ada@example.com"])


class Login(Body):
    email: Email = Field(examples=["ada@example.com"])
    password: Secret = Field(examples=["Correct-horse-7-battery"])


class ChallengeAnswer(Body):
    """`answer` is the one-time code, or the new password."""

    email: Email = Field(examples=["ada@example.com"])
    challenge: Literal["SOFTWARE_TOKEN_MFA", "NEW_PASSWORD_REQUIRED"]
    session: Secret
    answer: Secret = Field(examples=["123456"])


class Refresh(Body):
    refresh_token: Secret


class Logout(Body):
    """`everywhere` ends all of the user's sessions, not only this one."""

    refresh_token: Secret | None = None
    everywhere: bool = False


class AcceptedView(View):
    """What is answered whether or not the address is known."""

    status: Literal["code_sent"] = "code_sent"
    message: str = "If the address can be used, a code is on its way to it; send it to /auth/confirm."


class TokensView(View):
    """A session's tokens; only a sign-in gives a refresh token."""

    access_token: str
    id_token: str
    refresh_token: str | None
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a kind, not a token)
    expires_in_seconds: int


class UserView(View):
    user_id: str = Field(examples=["usr_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"])
    email: str
    name: str
    status: str
    current_account_id: str
    created_at: datetime
    version: int


class LoginView(View):
    """Either tokens, user and accounts, or a challenge to be answered at /auth/challenge."""

    tokens: TokensView | None = None
    user: UserView | None = None
    accounts: Sequence[AccountView] = ()
    challenge: str | None = None
    session: str | None = None


class MembershipView(View):
    account_id: str
    role: str


class ProfileView(UserView):
    memberships: list[MembershipView]


class AvailableView(View):
    """The accounts a user reaches; where too many to list, `complete` is false and hierarchies have the rest."""

    items: list[AccountView]
    complete: bool


class StatusView(View):
    """What the presented token says, and where its user stands."""

    user_id: str
    session_id: str
    scopes: list[str]
    issued_at: datetime
    expires_at: datetime
    current_account_id: str


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
    auth.register(outside().identity, newcomer, caller.now)
    return AcceptedView()


@endpoint(routes, "POST", "/auth/confirm", name="auth.confirm", on="public", body=Confirmation, errors=(429,))
def confirm(_caller: Visitor, body: Confirmation) -> Nothing:
    """Prove an e-mail address with the code that was sent to it."""
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
def resend_code(_caller: Visitor, body: Address) -> AcceptedView:
    """Send the confirmation code again; the answer is the same for an unknown address."""
    outside().identity.resend_code(body.email)
    return AcceptedView()


@endpoint(
    routes, "POST", "/auth/login", name="auth.login", on="public", body=Login, returns=LoginView, errors=(401, 403, 429)
)
def login(caller: Visitor, body: Login) -> LoginView:
    """Log in with address and password."""
    return _outcome(outside().identity.sign_in(body.email, body.password), body.email, caller)


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
    outcome = auth.answer_challenge(outside().identity, body.email, body.challenge, body.session, body.answer)
    return _outcome(outcome, body.email, caller)


@endpoint(
    routes,
    "POST",
    "/auth/refresh",
    name="auth.refresh",
    on="public",
    body=Refresh,
    returns=TokensView,
    errors=(401, 429),
)
def refresh(_caller: Visitor, body: Refresh) -> TokensView:
    """Trade the refresh token for a new access token."""
    outcome = outside().identity.refresh(body.refresh_token)
    return _tokens(auth.without_challenge(outcome))


@endpoint(routes, "POST", "/auth/logout", name="auth.logout", on="self", allow="profile:end-session", body=Logout)
def logout(caller: Person, body: Logout) -> Nothing:
    """End this session, or all of the user's; its access tokens are refused from now on."""
    if body.refresh_token:
        outside().identity.revoke(body.refresh_token)
    if body.everywhere:
        outside().identity.sign_out_everywhere(caller.token)
        auth.end_all_sessions(caller.user, caller.claims.session, caller.claims.expires_at, caller.now)
    else:
        auth.end_session(caller.user, caller.claims.session, caller.claims.expires_at, caller.now)
    return Nothing()


@endpoint(routes, "GET", "/auth/profile", name="auth.get-profile", on="self", allow="profile:view", returns=ProfileView)
def profile(caller: Person) -> ProfileView:
    """Show the signed-in user and where they belong."""
    held = [MembershipView(account_id=one.account_id, role=one.role) for one in caller.memberships]
    return ProfileView(**user_view(caller.user).model_dump(), memberships=held)


@endpoint(
    routes,
    "GET",
    "/auth/accounts",
    name="auth.get-available-accounts",
    on="self",
    allow="accounts:list",
    returns=AvailableView,
)
def available_accounts(caller: Person) -> AvailableView:
    """List the accounts the user reaches, with their effective roles, parents before children."""
    found = list(islice(accounts.reachable(caller.memberships), MOST_ACCOUNTS + 1))
    shown = [AccountView.of(one, effective_role(caller.memberships, one.path)) for one in found[:MOST_ACCOUNTS]]
    return AvailableView(items=shown, complete=len(found) <= MOST_ACCOUNTS)


@endpoint(routes, "GET", "/auth/status", name="auth.status", on="self", allow="profile:view", returns=StatusView)
def status(caller: Person) -> StatusView:
    """Show what the access token says and until when it counts."""
    return StatusView(
        user_id=caller.user_id,
        session_id=caller.claims.session,
        scopes=list(caller.claims.scopes),
        issued_at=caller.claims.issued_at,
        expires_at=caller.claims.expires_at,
        current_account_id=caller.user.current_account_id,
    )


def user_view(user: User) -> UserView:
    """Show a user."""
    return UserView(
        user_id=user.user_id,
        email=user.email,
        name=user.name,
        status=user.status,
        current_account_id=user.current_account_id,
        created_at=user.created_at,
        version=int(user.version),
    )


def _outcome(outcome: SignedIn | Challenge, email: str, visitor: Visitor) -> LoginView:
    if isinstance(outcome, Challenge):
        return LoginView(challenge=outcome.name, session=outcome.session)
    identity, keys = outside().identity, outside().pool_keys
    claims = verify(
        outcome.access_token, issuer=identity.issuer, client_id=identity.client_id, keys=keys, now=visitor.now
    )
    session = auth.session(outcome, claims.subject, email, visitor.now)
    auth.signed_in(session, visitor.correlation_id, visitor.now)
    held = accounts.joined(session.memberships, None)
    return LoginView(
        tokens=_tokens(outcome),
        user=user_view(session.user),
        accounts=[AccountView.of(account) for account in held],
    )


def _tokens(signed_in: SignedIn) -> TokensView:
    return TokensView(
        access_token=signed_in.access_token,
        id_token=signed_in.id_token,
        refresh_token=signed_in.refresh_token,
        expires_in_seconds=signed_in.expires_in_seconds,
    )
