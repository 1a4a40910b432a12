"""Accounts: making them, finding them, changing them, and moving between them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from chalicelib.domain.accounts import MAX_LEVEL, covering, path_below
from chalicelib.errors import ConflictError
from chalicelib.ids import new_id
from chalicelib.services import expecting
from chalicelib.store.accounts import Account
from chalicelib.store.memberships import Membership
from chalicelib.store.recording import Deed
from chalicelib.store.users import User


def create(owner: User, name: str, company: str | None, deed: Deed) -> Account:
    """Make a root account that the user owns."""
    account_id = new_id("acc", deed.now)
    account = _new(account_id, account_id, None, owner, name, company, deed.now)
    membership = Membership.new(now=deed.now, user_id=owner.user_id, account_id=account_id, role="owner")
    expecting.create(deed, account_id, account, membership)
    return account


def create_below(parent: Account, owner: User, name: str, company: str | None, deed: Deed) -> Account:
    """Make an account below another; whoever belongs above belongs to it, too.

    Raises ConflictError below the deepest level.
    """
    if parent.level >= MAX_LEVEL:
        raise ConflictError(f"accounts nest at most {MAX_LEVEL} levels deep; make it below a higher account")
    account = _new(new_id("acc", deed.now), parent.root_account_id, parent, owner, name, company, deed.now)
    expecting.create(deed, account.account_id, account)
    return account


def joined(memberships: Sequence[Membership], after: str | None) -> Iterator[Account]:
    """Read the accounts a user belongs to by name, in order of id; those below them are found by `below`."""
    ids = sorted(held.account_id for held in memberships if held.status == "active")
    wanted = [account_id for account_id in ids if after is None or account_id > after]
    found = {account.account_id: account for account in Account.several(Account.key(account_id=one) for one in wanted)}
    return (found[account_id] for account_id in wanted if _alive(found.get(account_id)))


def below(account: Account, depth: int | None, after: str | None) -> Iterator[Account]:
    """Read an account and all below it, parents before children; `after` is the path of the last one seen."""
    deepest = None if depth is None else account.level + depth
    tree = Account.subtree(account.root_account_id, account.path, after)
    return (found for found in tree if _alive(found) and (deepest is None or found.level <= deepest))


def reachable(memberships: Sequence[Membership]) -> Iterator[Account]:
    """Read every account a user reaches, each once, parents before children."""
    seen = set[str]()
    for top in sorted(joined(memberships, None), key=lambda account: account.path):
        for account in below(top, None, None) if top.account_id not in seen else ():
            seen.add(account.account_id)
            yield account


def update(account: Account, changes: dict[str, Any], expected_version: int | None, deed: Deed) -> Account:
    """Change an account; raises ConflictError where it is no longer as the caller read it."""
    expecting.expect(account.version, expected_version)
    expecting.change(account, deed, account.account_id, **changes)
    return account


def switch(user: User, account: Account, deed: Deed) -> None:
    """Make an account the user's current one."""
    expecting.change(user, deed, account.account_id, current_account_id=account.account_id)


def own_deed(user: User, memberships: Sequence[Membership], action: str, correlation_id: str, now: datetime) -> Deed:
    """Say what a user does for themselves; it is told in their current account, if they (still) belong there."""
    here = user.current_account_id
    return Deed(here, user.user_id, action, correlation_id, now, told=belongs(memberships, here))


def belongs(memberships: Sequence[Membership], account_id: str) -> bool:
    """Tell whether an active membership reaches an account, by name or from above."""
    if any(held.account_id == account_id and held.status == "active" for held in memberships):
        return True
    account = Account.fetch(account_id=account_id)
    return account is not None and bool(covering(memberships, account.path))


def _new(
    account_id: str, root_id: str, parent: Account | None, owner: User, name: str, company: str | None, now: datetime
) -> Account:
    return Account.new(
        now=now,
        account_id=account_id,
        root_account_id=root_id,
        parent_account_id=parent.account_id if parent else None,
        owner_user_id=owner.user_id,
        name=name,
        company=company,
        path=path_below(parent.path if parent else None, account_id),
        level=int(parent.level) + 1 if parent else 0,
    )


def _alive(account: Account | None) -> bool:
    return account is not None and account.status != "deleted"
