"""The account tree: paths, and what membership of one account means for those below it."""

from collections.abc import Iterable
from typing import Literal, Protocol, TypeVar

Role = Literal["owner", "admin", "member", "viewer"]
RANKS: tuple[Role, ...] = ("viewer", "member", "admin", "owner")
MAX_LEVEL = 20


class Membership(Protocol):
    """What this module needs to know of a membership."""

    @property
    def account_id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def status(self) -> str: ...


class Standing(Protocol):
    """What this module needs to know of an account."""

    @property
    def account_id(self) -> str: ...
    @property
    def status(self) -> str: ...


M = TypeVar("M", bound=Membership)


def path_below(parent_path: str | None, account_id: str) -> str:
    """Give the path of an account under its parent's (None: a root)."""
    return f"{parent_path or '/'}{account_id}/"


def lineage(path: str) -> tuple[str, ...]:
    """List an account's ancestors from the root down, and last the account itself."""
    return tuple(path.strip("/").split("/"))


def standing(path: str, accounts: Iterable[Standing]) -> str:
    """Say what the account at `path` counts as, of its own status and its ancestors'; who is not there is deleted."""
    status_by_id = {one.account_id: one.status for one in accounts}
    found = [status_by_id.get(account_id, "deleted") for account_id in lineage(path)]
    if "deleted" in found:
        return "deleted"
    return next((status for status in found if status != "active"), "active")


def covering(memberships: Iterable[M], path: str) -> list[M]:
    """Choose the active memberships that reach the account at `path`: its own and its ancestors'."""
    line = set(lineage(path))
    return [held for held in memberships if held.status == "active" and held.account_id in line]


def effective_role(memberships: Iterable[Membership], path: str) -> str | None:
    """Name the highest role that reaches the account at `path`; None for a stranger."""
    roles = {held.role for held in covering(memberships, path)}
    return next((role for role in reversed(RANKS) if role in roles), None)
