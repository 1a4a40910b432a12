"""Quotas: how much one account may have, and do in an hour, so that no tenant is a burden on the others."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from pynamodb.exceptions import PutError, UpdateError

from chalicelib.errors import ConflictError, TooManyRequestsError
from chalicelib.store.allowances import Allowance

HOUR = timedelta(hours=1)
_TAKEN = "ConditionalCheckFailedException"


def must_have_room(what: str, held: Iterable[Any], most: int) -> None:
    """Raise ConflictError where so many are held already; a few at once may still slip past."""
    if len(list(islice(held, most))) >= most:
        raise ConflictError(
            f"there are {most} {what} already, which is the limit; delete some, or ask support for more"
        )


def take(account_id: str, what: str, most: int, now: datetime) -> None:
    """Use one of this hour's; raises TooManyRequestsError where none is left. A user's own are kept under their id."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    item = Allowance.new(
        now=now,
        account_id=account_id,
        what=what,
        hour=f"{hour:%Y-%m-%dT%H}",
        used=1,
        ttl=int((hour + 2 * HOUR).timestamp()),
    )
    if not (_raised(item, most) or _begun(item) or _raised(item, most)):
        wait = int((hour + HOUR - now).total_seconds()) + 1
        raise TooManyRequestsError(f"{most} {what} an hour are the limit; wait", retry_after_seconds=wait)


def _raised(item: Allowance, most: int) -> bool:
    try:
        item.update(actions=[Allowance.used.add(1)], condition=Allowance.used < most)
    except UpdateError as refused:
        if refused.cause_response_code != _TAKEN:
            raise
        return False
    return True


def _begun(item: Allowance) -> bool:
    try:
        item.create()
    except PutError as refused:
        if refused.cause_response_code != _TAKEN:
            raise
        return False
    return True
