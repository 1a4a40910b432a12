"""Turns of the schedule: how much of one goes to each tenant, so that nobody's sources hold up everybody's."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from chalicelib.config import settings
from chalicelib.errors import TooManyRequestsError
from chalicelib.services import quotas
from chalicelib.store import places
from chalicelib.store.accounts import Account
from chalicelib.store.places import Place
from chalicelib.store.sources import Source
from chalicelib.telemetry import logger

TRIED_PER_ROOT = 100
SECONDS = 200


def lasting(seconds: float) -> Callable[[], bool]:
    """Begin a time; what is given tells whether it is still running."""
    end = monotonic() + seconds
    return lambda: monotonic() < end


class Turn:
    """What one turn has spent on each tenant, by the root of its accounts."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._tried = Counter[str]()
        self._spent = set[str]()
        self._places: dict[str, Place | None] = {}

    def lets(self, source: Source) -> bool:
        """Tell whether it is still its tenant's turn, and count the source to it; otherwise it stays due."""
        root = self._root(source)
        self._tried[root] += 1
        return self._tried[root] <= TRIED_PER_ROOT and root not in self._spent

    def affords(self, source: Source) -> bool:
        """Use one of the jobs that its tenant's schedules may begin in this hour; False where none is left."""
        root = self._root(source)
        try:
            quotas.take(root, "scheduled syncs", settings().syncs_per_hour, self._now)
        except TooManyRequestsError:
            logger.warning("a tenant's schedules have used up this hour's jobs", extra={"root_account_id": root})
            self._spent.add(root)
            return False
        return True

    def open(self, source: Source) -> bool:
        """Tell whether the source's account and all above it are active."""
        place = self._place(source)
        return place is not None and place.status == "active"

    def _root(self, source: Source) -> str:
        if source.root_account_id:
            return str(source.root_account_id)
        place = self._place(source)
        return str(place.account.root_account_id if place else source.account_id)

    def _place(self, source: Source) -> Place | None:
        """Read an account once in a turn."""
        account_id = source.account_id
        if account_id not in self._places:
            keys = places.keys(account_id, [str(source.root_account_id or account_id)])
            self._places[account_id] = places.found(account_id, Account.several(keys))
        return self._places[account_id]
