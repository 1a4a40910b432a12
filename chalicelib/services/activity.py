"""Activity events: written for every change and every denial, chained per account, hot for 90 days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pynamodb.exceptions import TransactWriteError

from chalicelib.domain.activity import GENESIS, link
from chalicelib.errors import RetryableError
from chalicelib.ids import new_id
from chalicelib.store.activity import ChainHead, Event
from chalicelib.store.table import transaction

HOT_FOR = timedelta(days=90)
TRIES = 20


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted, in which account, in which request."""

    account_id: str
    user_id: str | None
    correlation_id: str
    now: datetime


def record(
    actor: Actor,
    action: str,
    *,
    outcome: Literal["done", "denied"] = "done",
    resource_id: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> str:
    """Add an event to the account's chain and give its id; `details` hold no secret and no record content.

    Raises RetryableError where the chain is too busy.
    """
    event_id = new_id("evt", actor.now)
    facts = {
        "eventId": event_id,
        "accountId": actor.account_id,
        "userId": actor.user_id,
        "at": actor.now.isoformat(),
        "action": action,
        "outcome": outcome,
        "resourceId": resource_id,
        "correlationId": actor.correlation_id,
        "details": dict(details or {}),
    }
    for _ in range(TRIES):
        if _chained(actor, facts):
            return event_id
    raise RetryableError("the account's activity is being written by many at once; try again")


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


def _chained(actor: Actor, facts: Mapping[str, Any]) -> bool:
    """Write the event after the newest one; False where another event came in between."""
    head = ChainHead.fetch(account_id=actor.account_id)
    sequence, previous = (int(head.sequence) + 1, head.hash) if head else (1, GENESIS)
    own = link(previous, {**facts, "sequence": sequence})
    newest = ChainHead.new(now=actor.now, account_id=actor.account_id, sequence=sequence, hash=own)
    unmoved = ChainHead.sequence == sequence - 1 if head else ChainHead.pk.does_not_exist()
    try:
        with transaction() as together:
            together.save(_event(actor, facts, sequence, previous, own), condition=Event.pk.does_not_exist())
            together.save(newest, condition=unmoved)
    except TransactWriteError as refused:
        if refused.cause_response_code != "TransactionCanceledException":
            raise
        return False
    return True


def _event(actor: Actor, facts: Mapping[str, Any], sequence: int, previous: str, own: str) -> Event:
    return Event.new(
        now=actor.now,
        account_id=actor.account_id,
        event_id=facts["eventId"],
        position=f"{sequence:012d}",
        sequence=sequence,
        at=actor.now,
        user_id=actor.user_id,
        action=facts["action"],
        outcome=facts["outcome"],
        resource_id=facts["resourceId"],
        correlation_id=actor.correlation_id,
        details=facts["details"],
        previous_hash=previous,
        hash=own,
        ttl=int((actor.now + HOT_FOR).timestamp()),
    )
