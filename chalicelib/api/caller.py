"""Who calls: the token's user, the account they act in, and whether they may do this there.

Three strongly consistent reads at most answer all of it together with what is asked for: the user with all memberships;
the account with those above it; the object or the list. Only the first request of a process in an account more than one
level below the user's own takes one more (`store/places.py`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalice.app import Authorizer, CognitoUserPoolAuthorizer

from chalicelib.api.incoming import MAX_ID_LENGTH, Incoming
from chalicelib.api.tokens import Claims, verify
from chalicelib.domain import access
from chalicelib.domain.users import id_of_subject
from chalicelib.errors import BadRequestError, ForbiddenError, NotFoundError, UnauthenticatedError
from chalicelib.services.outside import outside
from chalicelib.store import places, users
from chalicelib.store.accounts import Account
from chalicelib.store.memberships import Membership
from chalicelib.store.places import Place
from chalicelib.store.table import Item
from chalicelib.store.users import User

_VERSION = re.compile(r"[0-9]{1,18}")
SCOPE = "aws.cognito.signin.user.admin"


class PoolAuthorizer(Authorizer):
    """API Gateway's check of Cognito access tokens.

    Chalice's own class makes `chalice local` take unchecked tokens apart, which fails on bad ones; here they reach
    `verify`.
    """

    def __init__(self, name: str, provider_arns: list[Any], scopes: list[str]) -> None:
        self.name = name
        self.scopes = scopes
        self._gateway = CognitoUserPoolAuthorizer(name, provider_arns=provider_arns)

    def to_swagger(self) -> dict[str, Any]:
        """Describe the authorizer as API Gateway wants it."""
        described: dict[str, Any] = self._gateway.to_swagger()
        return described


POOL_ARN = {"Fn::ImportValue": {"Fn::Sub": "listbackup-core-${Stage}-UserPoolArn"}}
AUTHORIZER = PoolAuthorizer("UserPool", [POOL_ARN], [SCOPE])


@dataclass(frozen=True, slots=True)
class Visitor:
    """Anyone: what a public endpoint knows of its caller."""

    now: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Person(Visitor):
    """A signed-in user, acting for themselves."""

    user: User
    memberships: Sequence[Membership]
    claims: Claims
    token: str

    @property
    def user_id(self) -> str:
        return self.user.user_id


@dataclass(frozen=True, slots=True)
class Caller(Person):
    """A signed-in user acting in an account.

    `expected_version` is the If-Match they sent, `found` the item of the account that was read with it.
    """

    place: Place
    expected_version: int | None
    found: Item | None

    @property
    def account(self) -> Account:
        return self.place.account

    @property
    def account_id(self) -> str:
        return self.account.account_id


def authenticate(incoming: Incoming, now: datetime) -> Person:
    """Find out who sent the request; raises UnauthenticatedError for anyone we do not know or no longer trust."""
    token = _bearer(incoming)
    identity, keys = outside().identity, outside().pool_keys
    claims = verify(token, issuer=identity.issuer, client_id=identity.client_id, keys=keys, now=now)
    user, memberships = users.with_memberships(_user_id(claims))
    if user is None or user.status == "deleted" or _ended(user, claims):
        raise UnauthenticatedError("the session has ended; log in again")
    return Person(now, incoming.correlation_id, user, memberships, claims, token)


def acting(person: Person, incoming: Incoming, reads: type[Item] | None) -> Caller:
    """Enter the account the request names, or the user's current one, and read what the path names with it.

    Raises ForbiddenError where the user does not belong to it, whether it exists or not.
    """
    account_id = incoming.header("x-account-context") or person.user.current_account_id
    found, asked = _read(person, account_id, incoming, reads) if len(account_id) <= MAX_ID_LENGTH else (None, None)
    place = _open(person, found)
    if place is None:
        raise ForbiddenError("you do not belong to the account in X-Account-Context")
    return _caller(person, place, incoming, asked)


def at(person: Person, account_id: str, incoming: Incoming) -> Caller:
    """Enter the account a path names; raises NotFoundError where it is absent or another tenant's."""
    return _caller(person, _reached(person, account_id), incoming)


def reached(person: Person, account_id: str) -> Account:
    """Find an account the person belongs to; raises NotFoundError where it is absent or another tenant's."""
    return _reached(person, account_id).account


def allowed(person: Person, permission: str) -> None:
    """Let the policies decide; raises ForbiddenError."""
    place = person.place if isinstance(person, Caller) else None
    if _may(person, permission, place):
        return
    if place is not None and place.status != "active":
        raise ForbiddenError("the account, or one above it, is suspended: it can be seen only; ask support")
    raise ForbiddenError(f"your role here does not include {permission}; ask an owner of the account")


def may(user: User, memberships: Sequence[Membership], permission: str, account_id: str) -> bool:
    """Ask the policies about somebody who is not the caller."""
    place, _ = places.read(account_id, _named(memberships))
    if place is None or place.status == "deleted":
        return False
    return access.may(access.Actor(user.user_id, user.status, memberships), permission, place.account, place.above)


def _read(
    person: Person, account_id: str, incoming: Incoming, reads: type[Item] | None
) -> tuple[Place | None, Item | None]:
    """Read the account, those above it, and the item of it that the path names."""
    names = {**incoming.path_parameters(), "account_id": account_id}
    asked = [reads.key(**names)] if reads else []
    place, others = places.read(account_id, _named(person.memberships), asked)
    return place, others[0] if others else None


def _reached(person: Person, account_id: str) -> Place:
    """Find an account the person belongs to, and those above it; raises NotFoundError."""
    found, _ = places.read(account_id, _named(person.memberships))
    place = _open(person, found)
    if place is None:
        raise NotFoundError("there is no such account")
    return place


def _open(person: Person, place: Place | None) -> Place | None:
    """Give the place if it is there and the person belongs to it."""
    if place is None or place.status == "deleted":
        return None
    return place if _may(person, "account:view", place) else None


def _may(person: Person, permission: str, place: Place | None) -> bool:
    actor = access.Actor(person.user_id, person.user.status, person.memberships)
    return access.may(actor, permission, place.account if place else None, place.above if place else ())


def _named(memberships: Sequence[Membership]) -> list[str]:
    return [held.account_id for held in memberships if held.status == "active"]


def _caller(person: Person, place: Place, incoming: Incoming, found: Item | None = None) -> Caller:
    return Caller(
        person.now,
        person.correlation_id,
        person.user,
        person.memberships,
        person.claims,
        person.token,
        place,
        _if_match(incoming),
        found,
    )


def _bearer(incoming: Incoming) -> str:
    scheme, _, token = (incoming.header("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("send an access token: Authorization: Bearer …")
    return token.strip()


def _user_id(claims: Claims) -> str:
    try:
        return id_of_subject(claims.subject)
    except ValueError as odd:
        raise UnauthenticatedError("the session has ended; log in again") from odd


def _ended(user: User, claims: Claims) -> bool:
    signed_out = user.signed_out_at is not None and claims.signed_in_at < user.signed_out_at.replace(microsecond=0)
    return signed_out or claims.session in user.ended_sessions


def _if_match(incoming: Incoming) -> int | None:
    given = incoming.header("if-match")
    if given is None:
        return None
    number = given.strip().removeprefix("W/").strip('"')
    if not _VERSION.fullmatch(number):
        raise BadRequestError("If-Match takes the `version` of the object as you last read it")
    return int(number)
