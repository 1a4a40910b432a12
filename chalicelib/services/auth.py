"""Signing up, in and out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.aws.identity import Challenge, Identity, SignedIn
from chalicelib.domain.accounts import path_below
from chalicelib.domain.users import id_of_subject
from chalicelib.errors import UnauthenticatedError
from chalicelib.ids import new_id
from chalicelib.services import accounts
from chalicelib.store import users
from chalicelib.store.accounts import Account
from chalicelib.store.ended_sessions import EndedSession
from chalicelib.store.memberships import Membership
from chalicelib.store.recording import Deed, recorded
from chalicelib.store.users import User

# From sign-in to the end of the last access token: the app client's RefreshTokenValidity and AccessTokenValidity.
SESSIONS_LAST = timedelta(days=30, hours=1)
ChallengeName = Literal["SOFTWARE_TOKEN_MFA", "NEW_PASSWORD_REQUIRED"]
_ANSWERS: Mapping[ChallengeName, str] = {
    "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
    "NEW_PASSWORD_REQUIRED": "NEW_PASSWORD",
}


@dataclass(frozen=True, slots=True)
class Registration:
    """What a newcomer says about themselves."""

    email: str
    password: str
    name: str
    account_name: str
    company: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that succeeded: the tokens and whose they are."""

    tokens: SignedIn
    user: User
    memberships: Sequence[Membership]


def register(identity: Identity, newcomer: Registration, correlation_id: str, now: datetime) -> None:
    """Register a newcomer with a root account of their own; one whose address was proved before stays as they are.

    Until an address is proved its last registration counts: whoever was there first, under a password of their own,
    need not be its owner.
    """
    subject = identity.sign_up(newcomer.email, newcomer.password)
    if subject is None and identity.forget_unproved(newcomer.email):
        subject = identity.sign_up(newcomer.email, newcomer.password)
    if subject is not None:
        _settle(id_of_subject(subject), newcomer, correlation_id, now)


def session(tokens: SignedIn, subject: str, email: str, correlation_id: str, now: datetime) -> Session:
    """Find whose tokens these are, and record the sign-in: nobody is handed tokens without it.

    A user whose registration broke off half-way is settled now. Raises UnauthenticatedError for a user who may no
    longer sign in.
    """
    user_id = id_of_subject(subject)
    user, memberships = users.with_memberships(user_id)
    if user is None:
        name = email.partition("@")[0]
        _settle(user_id, Registration(email, "", name, name, None), correlation_id, now)
        user, memberships = users.with_memberships(user_id)
    if user is None or user.status != "active":
        raise UnauthenticatedError("the user may no longer sign in; ask support")
    recorded(accounts.own_deed(user, memberships, "session:start", correlation_id, now), None)
    return Session(tokens, user, memberships)


def answer_challenge(
    identity: Identity, email: str, name: ChallengeName, session: str, answer: str
) -> SignedIn | Challenge:
    """Go on with a sign-in that asks for a one-time code or a new password."""
    return identity.answer_challenge(name, session, {"USERNAME": email, _ANSWERS[name]: answer})


def without_challenge(outcome: SignedIn | Challenge) -> SignedIn:
    """Insist on tokens; raises UnauthenticatedError where the pool asks for more."""
    if isinstance(outcome, Challenge):
        raise UnauthenticatedError("the session needs another sign-in; log in again")
    return outcome


def end_sessions_of(identity: Identity, email: str, correlation_id: str, now: datetime) -> None:
    """End all sessions of whoever has just reset an address's password, and record that they did."""
    user, memberships = users.with_memberships(id_of_subject(identity.sign_out(email)))
    if user is not None:
        deed = accounts.own_deed(user, memberships, "profile:reset-password", correlation_id, now)
        recorded(deed, None, user.signing_out(now))


def end_session(user: User, session: str, deed: Deed, *, everywhere: bool) -> None:
    """Refuse the session's access tokens, or those of every sign-in until now.

    A session stays refused for as long as its refresh token could still give tokens: not everyone hands it in. Whoever
    changes the user meanwhile is no reason to let a session go on.
    """
    ttl = int((deed.now + SESSIONS_LAST).timestamp())
    ended = EndedSession.new(now=deed.now, user_id=user.user_id, session=session, ttl=ttl)
    recorded(deed, None, ended.ending(), *([user.signing_out(deed.now)] if everywhere else []))


def _settle(user_id: str, newcomer: Registration, correlation_id: str, now: datetime) -> None:
    """Write the user, their account and their ownership of it, together and once."""
    account_id = new_id("acc", now)
    user = User.new(now=now, user_id=user_id, email=newcomer.email, name=newcomer.name, current_account_id=account_id)
    account = Account.new(
        now=now,
        account_id=account_id,
        root_account_id=account_id,
        owner_user_id=user_id,
        name=newcomer.account_name,
        company=newcomer.company,
        path=path_below(None, account_id),
    )
    owner = Membership.new(now=now, user_id=user_id, account_id=account_id, role="owner")
    deed = Deed(account_id, user_id, "profile:register", correlation_id, now)
    recorded(deed, user_id, user.creating(), account.creating(), owner.creating())
