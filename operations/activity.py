"""What an operator asks of an account's activity: `python -m operations.activity verify STAGE ACCOUNT`.

It reads the stage's table (`dynamodb:GetItem`, `dynamodb:Query`) and changes nothing.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import dropwhile

from chalicelib.domain.activity import Break, first_break
from chalicelib.store.accounts import Account
from chalicelib.store.activity import ChainHead, Event
from chalicelib.store.recording import HOT_FOR, chained
from chalicelib.store.table import Item

NEARLY = timedelta(days=1)
TRIES = 10


def verified(account_id: str, now: datetime) -> tuple[bool, str]:
    """Check an account's chain up to its head; tells whether it holds, and what was found."""
    if Account.fetch(account_id=account_id) is None:
        return False, f"there is no account {account_id}: check the stage and the account"
    events, head = _standing(account_id, now)
    names = head.names if head else None
    if not events and head is not None and _expiring(head.created_at, now):
        return True, f"the chain of {account_id} holds: all its {names[0] if names else 0} events have expired"
    broken = first_break(chained(events), names)
    if broken is not None:
        return False, _told(broken, events, names)
    return True, f"the chain of {account_id} holds: {len(events)} events up to its head, {names[0] if names else 0}"


def _standing(account_id: str, now: datetime) -> tuple[list[Event], ChainHead | None]:
    """Read the events that have not expired, and the head they stand under: none comes in between."""
    for _ in range(TRIES):
        before = ChainHead.fetch(account_id=account_id)
        found = list(dropwhile(lambda event: _expiring(event.at, now), Event.within(account_id=account_id)))
        head = ChainHead.fetch(account_id=account_id)
        if (before and before.names) == (head and head.names):
            return found, head
    sys.exit("the account is changed all the time; try again when it is quieter")


def _expiring(at: datetime, now: datetime) -> bool:
    """Tell whether an event of that time may be gone by right; DynamoDB takes such ones out in any order."""
    return at + HOT_FOR < now + NEARLY


def _told(broken: Break, events: Sequence[Event], head: tuple[int, str] | None) -> str:
    if broken.at < len(events):
        event = events[broken.at]
        return f"event {event.position} ({event.event_id}, {event.at.isoformat()}): {broken.what}"
    last = events[-1].position if events else "none"
    return f"last event {last}, head {head[0] if head else 'none'}: {broken.what}"


def main(words: Sequence[str] | None = None) -> None:
    """Do what the command line says; ends non-zero where the chain does not hold."""
    parser = argparse.ArgumentParser(prog="python -m operations.activity", description=__doc__)
    parser.add_argument("command", choices=["verify"])
    parser.add_argument("stage")
    parser.add_argument("account")
    given = parser.parse_args(words)
    Item.Meta.table_name = f"listbackup-{given.stage}"
    holds, found = verified(given.account, datetime.now(UTC))
    print(found)
    sys.exit(not holds)


if __name__ == "__main__":
    main()
