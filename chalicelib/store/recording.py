"""Writing a change together with its event: both or neither.

An event takes the place after its account's newest one, so every change of an account moves the head of its chain. Who
finds the head moved meanwhile tries the same writes again after it, under the same conditions.
"""

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pynamodb.exceptions import TransactWriteError

from chalicelib.domain.activity import GENESIS, link
from chalicelib.errors import RetryableError
from chalicelib.ids import new_id
from chalicelib.store.activity import ChainHead, Event
from chalicelib.store.table import Write, transaction
from chalicelib.telemetry import logger

HOT_FOR = timedelta(days=90)
TRIES = 20
LONGEST_PAUSE_MS = 200
_UNMET = "ConditionalCheckFailed"
_PASSING = {_UNMET, "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does what, in which account, in which request.

    The system (`user_id` None) acts under the id of what it acts for, such as a job. `told` is False of what is
    done by a user who has no place in the account (any more): no stranger writes into an account's activity.
    """

    account_id: str
    user_id: str | None
    action: str
    correlation_id: str
    now: datetime
    told: bool = True


def recorded(
    deed: Deed,
    resource_id: str | None,
    *writes: Write,
    details: Mapping[str, Any] | None = None,
) -> bool:
    """Write a change and its event; False where a condition of the change did not hold, and nothing was written.

    `details` hold no secret and no record content. Raises RetryableError where the account's chain is too busy.
    """
    if not deed.told:
        return _untold(deed, writes)
    facts = _facts(deed, resource_id, details)
    head = ChainHead.fetch(account_id=deed.account_id)
    for attempt in range(TRIES):
        event = _event(deed, facts, head)
        against = _refusals(*writes, *_linked(event, head))
        if not against:
            return True
        before, head = head, ChainHead.fetch(account_id=deed.account_id)
        if head is not None and head.hash == event.hash:
            return True  # it was sent twice, for want of an answer, and the first was written
        if against == {_UNMET} and _length(head) == _length(before):
            return False
        _pause(attempt)
    raise RetryableError("many change the account at once; try again")


def facts_of(event: Event) -> dict[str, Any]:
    """Give what an event's hash covers, read back from the table."""
    return {
        "eventId": event.event_id,
        "accountId": event.account_id,
        "userId": event.user_id,
        "at": event.at.isoformat(),
        "action": event.action,
        "outcome": event.outcome,
        "resourceId": event.resource_id,
        "correlationId": event.correlation_id,
        "details": event.details,
        "sequence": int(event.sequence),
    }


def chained(events: Iterable[Event]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give events as `domain.activity` checks them."""
    return ((event.previous_hash, event.hash, facts_of(event)) for event in events)


def _facts(deed: Deed, resource_id: str | None, details: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "eventId": new_id("evt", deed.now),
        "accountId": deed.account_id,
        "userId": deed.user_id,
        "at": deed.now.isoformat(),
        "action": deed.action,
        "outcome": "done",
        "resourceId": resource_id,
        "correlationId": deed.correlation_id,
        "details": dict(details or {}),
    }


def _untold(deed: Deed, writes: tuple[Write, ...]) -> bool:
    """Write a change without an event; False where a condition of the change did not hold."""
    logger.info("done outside any account", action=deed.action, user_id=deed.user_id)
    for attempt in range(TRIES):
        against = _refusals(*writes) if writes else set()
        if against <= {_UNMET}:
            return not against
        _pause(attempt)
    raise RetryableError("many change the object at once; try again")


def _linked(event: Event, head: ChainHead | None) -> tuple[Write, Write]:
    """Say what puts an event after this head of its chain."""
    newest = ChainHead.new(now=event.at, account_id=event.account_id, sequence=event.sequence, hash=event.hash)
    unmoved = ChainHead.sequence == head.sequence if head else ChainHead.pk.does_not_exist()
    return event.creating(), lambda together: together.save(newest, condition=unmoved)


def _refusals(*writes: Write) -> set[str]:
    """Write everything or nothing; gives what stood against it, if it may pass."""
    try:
        with transaction() as together:
            for write in writes:
                write(together)
    except TransactWriteError as refused:
        codes = {reason.code for reason in refused.cancellation_reasons if reason is not None}
        if not codes or codes - _PASSING:
            raise
        return codes
    return set()


def _pause(attempt: int) -> None:
    time.sleep(secrets.randbelow(min(10 * 2**attempt, LONGEST_PAUSE_MS)) / 1000)


def _length(head: ChainHead | None) -> int:
    return int(head.sequence) if head else 0


def _event(deed: Deed, facts: Mapping[str, Any], head: ChainHead | None) -> Event:
    sequence, previous = _length(head) + 1, head.hash if head else GENESIS
    return Event.new(
        now=deed.now,
        account_id=deed.account_id,
        event_id=facts["eventId"],
        position=f"{sequence:012d}",
        sequence=sequence,
        at=deed.now,
        user_id=deed.user_id,
        action=deed.action,
        outcome=facts["outcome"],
        resource_id=facts["resourceId"],
        correlation_id=deed.correlation_id,
        details=facts["details"],
        previous_hash=previous,
        hash=link(previous, {**facts, "sequence": sequence}),
        ttl=int((deed.now + HOT_FOR).timestamp()),
    )
