"""A signed-in user's session: who they are, where they belong, and its end."""

from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Literal, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.accounts import AccountView
from chalicelib.api.caller import Person, Visitor
from chalicelib.api.endpoint import endpoint
from chalicelib.api.models import Body, Nothing, Secret, View
from chalicelib.aws.identity import SignedIn
from chalicelib.domain.accounts import effective_role
from chalicelib.errors import UnauthenticatedError
from chalicelib.services import accounts, auth
from chalicelib.services.outside import outside
from chalicelib.store.recording import Deed
from chalicelib.store.users import User

routes = Blueprint(__name__)

MOST_ACCOUNTS = 500


class Refresh(Body):
    refresh_token: Secret


class Logout(Body):
    """`everywhere` ends all of the user's sessions, not only this one."""

    refresh_token: Secret | None = None
    everywhere: bool = False


class TokensView(View):
    """A session's tokens; only a sign-in gives a refresh token."""

    access_token: str
    id_token: str
    refresh_token: str | None
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a kind, not a token)
    expires_in_seconds: int

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        """Show a session's tokens to whom they belong."""
        return cls(
            access_token=signed_in.access_token,
            id_token=signed_in.id_token,
            refresh_token=signed_in.refresh_token,
            expires_in_seconds=signed_in.expires_in_seconds,
        )


class UserView(View):
    user_id: str = Field(examples=["usr_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"])
    email: str
    name: str
    status: str
    current_account_id: str
    created_at: datetime
    version: int

    @classmethod
    def of(cls, user: User) -> Self:
        """Show a user."""
        return cls(
            user_id=user.user_id,
            email=user.email,
            name=user.name,
            status=user.status,
            current_account_id=user.current_account_id,
            created_at=user.created_at,
            version=int(user.version),
        )


class MembershipView(View):
    account_id: str
    role: str


class ProfileView(UserView):
    """`mfa`: one-time codes are `on`, `off`, or `pending` until a code has proved the secret."""

    mfa: Literal["off", "pending", "on"]
    memberships: list[MembershipView]


class AvailableView(View):
    """The accounts a user reaches; where too many to list, `complete` is false and hierarchies have the rest."""

    items: list[AccountView]
    complete: bool


class SessionView(View):
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
    return TokensView.of(auth.without_challenge(outcome))


@endpoint(routes, "POST", "/auth/logout", name="auth.logout", on="self", allow="profile:end-session", body=Logout)
def logout(caller: Person, body: Logout, deed: Deed) -> Nothing:
    """End this session, or all of the user's; its access tokens are refused from now on."""
    if body.everywhere:  # and that alone: revoking this session's tokens first would end the one it needs
        end_everywhere(caller, deed)
        return Nothing()
    if body.refresh_token:
        outside().identity.revoke(body.refresh_token)
    auth.end_session(caller.user, caller.claims.session, deed, everywhere=False)
    return Nothing()


def end_everywhere(caller: Person, deed: Deed) -> None:
    """End all sessions of the caller, this one too."""
    with suppress(UnauthenticatedError):  # the pool has ended them already
        outside().identity.sign_out_everywhere(caller.token)
    auth.end_session(caller.user, caller.claims.session, deed, everywhere=True)


@endpoint(routes, "GET", "/auth/profile", name="auth.get-profile", on="self", allow="profile:view", returns=ProfileView)
def profile(caller: Person) -> ProfileView:
    """Show the signed-in user and where they belong."""
    held = [MembershipView(account_id=one.account_id, role=one.role) for one in caller.memberships]
    return ProfileView(**UserView.of(caller.user).model_dump(), mfa=caller.user.mfa, memberships=held)


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


@endpoint(routes, "GET", "/auth/status", name="auth.status", on="self", allow="profile:view", returns=SessionView)
def status(caller: Person) -> SessionView:
    """Show what the access token says and until when it counts."""
    return SessionView(
        user_id=caller.user_id,
        session_id=caller.claims.session,
        scopes=list(caller.claims.scopes),
        issued_at=caller.claims.issued_at,
        expires_at=caller.claims.expires_at,
        current_account_id=caller.user.current_account_id,
    )
