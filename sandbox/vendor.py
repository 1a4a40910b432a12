"""Says what a simulated vendor and one of its accounts must offer to the rest of the sandbox."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any, ClassVar, Generic, TypeVar

from sandbox.clock import Clock
from sandbox.grants import Grants
from sandbox.limits import Meter
from sandbox.messages import Request, Response
from sandbox.settings import SIZES, Settings, VendorSettings
from sandbox.webhooks import Notification, Occasion


class UnknownError(Exception):
    """The control API was asked for an account, collection or record that does not exist."""


@dataclass(frozen=True)
class Line:
    """One live record as its list endpoint would send it."""

    key: str
    record: bytes
    parent: str = ""


@dataclass(frozen=True)
class Envelope:
    """Where a vendor's list answers keep their rows, a row's key, and the way on."""

    rows: str
    key: str
    more: tuple[str, ...]  # the members that say how to go on


class Account(ABC):
    """One customer of the vendor: the data behind one authorised login."""

    def __init__(self, account_id: str, seed: int, sizes: Mapping[str, int]) -> None:
        self.id = account_id
        self.seed = seed
        self.sizes = dict(sizes)
        self.lock = RLock()

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """Count the live records of every collection."""

    @abstractmethod
    def create(self, collection: str, count: int, values: dict[str, Any]) -> list[str]:
        """Create records as a user of the vendor would; return their keys."""

    @abstractmethod
    def change(self, collection: str, keys: list[str], values: dict[str, Any]) -> list[str]:
        """Change records; without values, change something that shows."""

    @abstractmethod
    def delete(self, collection: str, keys: list[str]) -> list[str]: ...

    @abstractmethod
    def keys(self, collection: str, first: int, count: int) -> list[str]:
        """Return the keys of `count` live records, skipping `first`, oldest first."""

    @abstractmethod
    def lines(self, collection: str, args: dict[str, str]) -> Iterator[Line]:
        """Yield every live record. Raises UnknownError at once, not when the first line is taken."""

    @abstractmethod
    def deletions(self, collection: str) -> dict[str, float]:
        """Return when each deleted record went, by key."""

    @abstractmethod
    def expire_cursors(self) -> None:
        """Make cursors given out so far useless, where the vendor has cursors that last."""

    @abstractmethod
    def dump(self) -> dict[str, Any]: ...

    @abstractmethod
    def load(self, saved: dict[str, Any]) -> None: ...


A = TypeVar("A", bound=Account)


class Vendor(ABC, Generic[A]):
    name: ClassVar[str]
    hosts: ClassVar[tuple[str, ...]]
    envelope: ClassVar[Envelope]
    default_account: ClassVar[str]
    account_names: ClassVar[re.Pattern[str]]

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings: VendorSettings = settings.vendors[self.name]
        self.shared = settings
        self.clock = clock
        self.grants = Grants(self.settings)
        self.meter = Meter()
        self.guard = RLock()
        self.accounts: dict[str, A] = {}

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Answer a request to one of the vendor's hosts."""

    @abstractmethod
    def open_account(self, account_id: str, seed: int, sizes: Mapping[str, int]) -> A: ...

    @abstractmethod
    def rate_limited(self, retry_after: str | None) -> Response: ...

    @abstractmethod
    def failed(self, status: int) -> Response:
        """Answer as the vendor does when something breaks on its side."""

    @abstractmethod
    def unauthorized(self, reason: str) -> Response:
        """Refuse an access token: `reason` is invalid, expired or revoked."""

    @abstractmethod
    def lost_place(self) -> Response:
        """Refuse to go on with a list from a place that is not known any more."""

    @abstractmethod
    def collection_of(self, path: str) -> str:
        """Name the collection that a list path reads, or an empty string."""

    @abstractmethod
    def notification(self, occasion: Occasion) -> Notification:
        """Write and sign a notification as the vendor's webhooks do."""

    @abstractmethod
    def token_prefix(self) -> str: ...

    @abstractmethod
    def all_scopes(self) -> list[str]: ...

    def account(self, account_id: str = "") -> A:
        """Find an account; the default one exists from the start. Raises UnknownError."""
        wanted = account_id or self.default_account
        with self.guard:  # of two first callers, the second must not seed anew
            if wanted not in self.accounts and wanted == self.default_account:
                self.seed(wanted, self.shared.seed, {})
        if wanted not in self.accounts:
            raise UnknownError(f"no account {wanted}")
        return self.accounts[wanted]

    def scaled(self, defaults: Mapping[str, int], wished: Mapping[str, int]) -> dict[str, int]:
        """Return the size of every collection: as wished, else the wish for "*", else the chosen size's default."""
        scale = SIZES[self.shared.size]
        return {name: wished.get(name, wished.get("*", round(count * scale))) for name, count in defaults.items()}

    def seed(self, account_id: str, seed: int, sizes: Mapping[str, int]) -> A:
        """Make or remake an account with seeded data only. Raises ValueError for a name that no account has."""
        if not self.is_account(account_id):
            raise ValueError(f"{account_id} is not the name of an account")
        self.accounts[account_id] = self.open_account(account_id, seed, sizes)
        return self.accounts[account_id]

    def is_account(self, account_id: str) -> bool:
        return self.account_names.fullmatch(account_id) is not None

    def account_of(self, request: Request) -> str:
        """Name the account a request acts for, as far as its token tells."""
        token = self.grants.tokens.get(request.bearer)
        return self.grants.grants[token.grant].account if token else ""

    def localize(self, body: bytes, request: Request) -> bytes:
        """Point the vendor's own URLs in an answer at the sandbox."""
        if not request.origin:
            return body
        for host in self.hosts:
            body = body.replace(b"https://" + host.encode(), f"{request.origin}/{host}".encode())
        return body

    def dump(self) -> dict[str, Any]:
        accounts = [
            {"id": account.id, "seed": account.seed, "sizes": account.sizes, "data": account.dump()}
            for account in self.accounts.values()
        ]
        return {"grants": self.grants.dump(), "accounts": accounts}

    def load(self, saved: dict[str, Any]) -> None:
        self.grants.load(saved["grants"])
        for entry in saved["accounts"]:
            self.seed(entry["id"], entry["seed"], entry["sizes"]).load(entry["data"])


AnyVendor = Vendor[Any]
