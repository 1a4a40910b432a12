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


def keys(account_id: str, likely: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Name what to read of an account and its ancestors.

    These are known where this process has read the account before (a path never changes); else the first of the
    `likely` ones are tried.
    """
    known = _paths_by_id.get(account_id)
    ids = {account_id, *(lineage(known) if known else likely[:LIKELY])}
    return [Account.key(account_id=one) for one in sorted(ids)]


def found(account_id: str, read: Iterable[Item]) -> Place | None:
    """Put a place together from what was read by `keys`; ancestors that are not among it are read now."""
    accounts_by_id = {item.account_id: item for item in read if isinstance(item, Account)}
    account = accounts_by_id.get(account_id)
    return _placed(account, accounts_by_id) if account else None


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
