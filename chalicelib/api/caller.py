"""Who calls: the token's user, the account they act in, and whether they may do this there.

Two strongly consistent reads answer all of it together with the object asked for: the user with all memberships; and
whether the session was ended, the account with those above it, and the object in one. Only the first request of a
process in an account more than one level below the user's own takes one more (`store/places.py`).
"""

import re
from collections.abc import Callable, Sequence
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
from chalicelib.store.ended_sessions import EndedSession
from chalicelib.store.memberships import Membership
from chalicelib.store.places import Place
from chalicelib.store.table import Item
from chalicelib.store.users import User

Keys = Sequence[tuple[str, str]]
AlsoRead = Callable[[User, Sequence[Membership]], Keys]
_VERSION = re.compile(r"[0-9]{1,18}")
_ENDED = "the session has ended; log in again"
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
    """A signed-in user, acting for themselves; `read` are the items that were read with them."""

    user: User
    memberships: Sequence[Membership]
    claims: Claims
    token: str
    read: Sequence[Item]

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


def _nothing(_user: User, _memberships: Sequence[Membership]) -> Keys:
    return ()


def authenticate(incoming: Incoming, now: datetime, also: AlsoRead = _nothing) -> Person:
    """Find out who sent the request, and read with them what else it is about.

    Raises UnauthenticatedError for anyone we do not know or no longer trust.
    """
    token = _bearer(incoming)
    identity, keys = outside().identity, outside().pool_keys
    claims = verify(token, issuer=identity.issuer, client_id=identity.client_id, keys=keys, now=now)
    user, memberships = users.with_memberships(_user_id(claims))
    if user is None or user.status == "deleted" or _signed_out(user, claims):
        raise UnauthenticatedError(_ENDED)
    end = EndedSession.key(user_id=user.user_id, session=claims.session)
    read = list(Item.several([end, *also(user, memberships)]))
    if any(isinstance(one, EndedSession) for one in read):
        raise UnauthenticatedError(_ENDED)
    return Person(now, incoming.correlation_id, user, memberships, claims, token, read)


def context_keys(user: User, memberships: Sequence[Membership], incoming: Incoming, reads: type[Item] | None) -> Keys:
    """Give the keys of the account the request names, or the user's current one, and of what the path names in it."""
    account_id = _context(user, incoming)
    if len(account_id) > MAX_ID_LENGTH:
        return ()
    asked = [reads.key(**{**incoming.path_parameters(), "account_id": account_id})] if reads else []
    return [*account_keys(account_id, memberships), *asked]


def account_keys(account_id: str, memberships: Sequence[Membership]) -> Keys:
    """Give the keys of an account and, as far as they can be guessed, of those above it."""
    return places.keys(account_id, [held.account_id for held in memberships if held.status == "active"])


def acting(person: Person, incoming: Incoming, reads: type[Item] | None) -> Caller:
    """Enter the account that was read with the person, by `context_keys`.

    Raises ForbiddenError where the user does not belong to it, whether it exists or not.
    """
    place = _open(person, places.found(_context(person.user, incoming), person.read))
    if place is None:
        raise ForbiddenError("you do not belong to the account in X-Account-Context")
    found = next((one for one in person.read if reads is not None and isinstance(one, reads)), None)
    return _caller(person, place, incoming, found)


def at(person: Person, account_id: str, incoming: Incoming) -> Caller:
    """Enter the account a path names and that was read with the person, by `places.keys`.

    Raises NotFoundError where it is absent or another tenant's.
    """
    return _caller(person, _reached(person, places.found(account_id, person.read)), incoming)


def reached(person: Person, account_id: str) -> Account:
    """Find an account the person belongs to; raises NotFoundError where it is absent or another tenant's."""
    return _reached(person, _read(account_id, person.memberships)).account


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
    place = _read(account_id, memberships)
    if place is None or place.status == "deleted":
        return False
    return access.may(access.Actor(user.user_id, user.status, memberships), permission, place.account, place.above)


def _read(account_id: str, memberships: Sequence[Membership]) -> Place | None:
    return places.found(account_id, list(Item.several(account_keys(account_id, memberships))))


def _context(user: User, incoming: Incoming) -> str:
    return incoming.header("x-account-context") or str(user.current_account_id)


def _reached(person: Person, found: Place | None) -> Place:
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


def _caller(person: Person, place: Place, incoming: Incoming, found: Item | None = None) -> Caller:
    return Caller(
        person.now,
        person.correlation_id,
        person.user,
        person.memberships,
        person.claims,
        person.token,
        person.read,
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
        raise UnauthenticatedError(_ENDED) from odd


def _signed_out(user: User, claims: Claims) -> bool:
    return user.signed_out_at is not None and claims.signed_in_at < user.signed_out_at.replace(microsecond=0)


def _if_match(incoming: Incoming) -> int | None:
    given = incoming.header("if-match")
    if given is None:
        return None
    number = given.strip().removeprefix("W/").strip('"')
    if not _VERSION.fullmatch(number):
        raise BadRequestError("If-Match takes the `version` of the object as you last read it")
    return int(number)
