"""Places: an account together with those above it, whose being suspended or deleted is its own, too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.domain.accounts import lineage, standing
from chalicelib.store.accounts import Account
from chalicelib.store.table import Item

LIKELY = 20
_REMEMBERED = 10_000
_paths_by_id: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """An account and its ancestors, as far as they are there."""

    account: Account
    above: Sequence[Account]

    @property
    def status(self) -> str:
        """What the account counts as: the worst of its own status and its ancestors'."""
        return standing(self.account.path, [*self.above, self.account])


def read(
    account_id: str, likely: Iterable[str] = (), also: Iterable[tuple[str, str]] = ()
) -> tuple[Place | None, list[Item]]:
    """Read an account, its ancestors and what else is wanted (by key), strongly consistent.

    It takes one round trip where this process has read the account before (a path never changes), or its ancestors are
    among the `likely` ones; else a second.
    """
    known = _paths_by_id.get(account_id)
    ids = {account_id, *(lineage(known) if known else list(likely)[:LIKELY])}
    found = list(Item.several([*(Account.key(account_id=one) for one in sorted(ids)), *also]))
    accounts_by_id = {item.account_id: item for item in found if isinstance(item, Account)}
    others = [item for item in found if not isinstance(item, Account)]
    account = accounts_by_id.get(account_id)
    return (_placed(account, accounts_by_id) if account else None), others


def forget() -> None:
    """Know no account's path any more, as a process that has just begun."""
    _paths_by_id.clear()


def _placed(account: Account, known_by_id: dict[str, Account]) -> Place:
    _remember(account)
    above = lineage(account.path)[:-1]
    missing = [Account.key(account_id=one) for one in above if one not in known_by_id]
    by_id = known_by_id | {one.account_id: one for one in Account.several(missing)} if missing else known_by_id
    return Place(account, [by_id[one] for one in above if one in by_id])


def _remember(account: Account) -> None:
    if len(_paths_by_id) >= _REMEMBERED:
        forget()
    _paths_by_id[account.account_id] = account.path
