"""Asks the policies. The engine is Cedar's own, the one behind Amazon Verified Permissions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import cedarpy

from chalicelib.domain import accounts

_HERE = Path(__file__).parent
_SETS = {"owner": "owns", "admin": "administers", "member": "joins", "viewer": "views"}


class Membership(accounts.Membership, Protocol):
    """A membership together with its single permissions, {"granted": [...], "withheld": [...]}."""

    @property
    def permissions(self) -> Mapping[str, Sequence[str]]: ...


class Account(Protocol):
    """The account that is acted on."""

    @property
    def account_id(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def status(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks."""

    user_id: str
    status: str
    memberships: Sequence[Membership]


def may(actor: Actor, permission: str, account: Account | None, above: Sequence[Account] = ()) -> bool:
    """Decide whether the actor has the permission on an account, or (None) on what is their own.

    `above` are the account's ancestors: what is suspended or deleted above it counts for it; one that is left out
    counts as deleted. Raises ValueError for a permission that the schema does not know.
    """
    reaching = accounts.covering(actor.memberships, account.path) if account else []
    resource = {"type": "Account", "id": account.account_id} if account else _user(actor)
    request = {
        "principal": _user(actor),
        "action": {"type": "Action", "id": permission},
        "resource": resource,
        "context": {
            "permission": permission,
            "granted": _singles(reaching, "granted"),
            "withheld": _singles(reaching, "withheld"),
        },
    }
    answer = cedarpy.is_authorized(request, _policies(), _entities(actor, reaching, account, above), _schema())
    if answer.diagnostics.errors:
        raise ValueError(f"the policies cannot decide {permission!r}: {answer.diagnostics.errors}")
    return bool(answer.allowed)


def policy_problems() -> list[str]:
    """List what is wrong with the policies by their schema; empty where nothing is."""
    result = cedarpy.validate_policies(_text("policies.cedar"), _text("schema.cedarschema"))
    return [str(error) for error in result.errors]


def _entities(
    actor: Actor, reaching: Iterable[Membership], account: Account | None, above: Sequence[Account]
) -> list[dict[str, Any]]:
    roles = {
        name: [_reference(held.account_id) for held in reaching if _SETS[held.role] == name] for name in _SETS.values()
    }
    person = {"uid": _user(actor), "attrs": {"status": actor.status, **roles}, "parents": []}
    return [person, *_tree(account, above)] if account else [person]


def _tree(account: Account, above: Sequence[Account]) -> Iterable[dict[str, Any]]:
    """Give the account and its ancestors, each with what it counts as under those above it."""
    parent: list[dict[str, str]] = []
    path = "/"
    for account_id in accounts.lineage(account.path):
        path = accounts.path_below(path, account_id)
        uid = {"type": "Account", "id": account_id}
        status = accounts.standing(path, [*above, account])
        yield {"uid": uid, "attrs": {"status": status}, "parents": parent}
        parent = [uid]


def _user(actor: Actor) -> dict[str, str]:
    return {"type": "User", "id": actor.user_id}


def _reference(account_id: str) -> dict[str, dict[str, str]]:
    return {"__entity": {"type": "Account", "id": account_id}}


def _singles(memberships: Iterable[Membership], which: str) -> list[str]:
    return sorted({permission for held in memberships for permission in held.permissions.get(which, ())})


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _policies() -> cedarpy.PolicySet:
    return cedarpy.PolicySet.from_str(_text("policies.cedar"))


@lru_cache(maxsize=1)
def _schema() -> cedarpy.Schema:
    return cedarpy.Schema.from_str(_text("schema.cedarschema"))
