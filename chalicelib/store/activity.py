"""Activity: who did, or tried to do, what in an account; the changes are chained, each to the one before it."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.table import Item


class Event(Item, discriminator="event"):
    """One change. `hash` covers the event and the hash of the one before (`domain.activity`).

    `position` is the sequence number in twelve digits, so that events sort as they are chained.
    """

    PK, SK = "ACCOUNT#{account_id}#ACTIVITY", "EVENT#{position}"

    account_id = UnicodeAttribute()
    event_id = UnicodeAttribute()
    position = UnicodeAttribute()
    sequence = NumberAttribute()
    at = UTCDateTimeAttribute()
    user_id = UnicodeAttribute(null=True)
    action = UnicodeAttribute()
    outcome = UnicodeAttribute(default="done")  # "denied" is told by events of before `Denial` was
    resource_id = UnicodeAttribute(null=True)
    correlation_id = UnicodeAttribute(null=True)
    details = JSONAttribute(default=dict)
    previous_hash = UnicodeAttribute()
    hash = UnicodeAttribute()


class ChainHead(Item, discriminator="chain_head"):
    """The newest event of an account; it outlives the events, so that the chain goes on and a cut-off tail shows."""

    PK, SK = "ACCOUNT#{account_id}#ACTIVITY", "HEAD"

    account_id = UnicodeAttribute()
    sequence = NumberAttribute()
    hash = UnicodeAttribute()

    @property
    def names(self) -> tuple[int, str]:
        """Say which event it is the head of: its sequence and hash."""
        return int(self.sequence), self.hash


class Denial(Item, discriminator="denial"):
    """One attempt that was refused. It stands beside the chain, so that no attempt is in the way of a change."""

    PK, SK = "ACCOUNT#{account_id}#ACTIVITY", "DENIAL#{event_id}"

    account_id = UnicodeAttribute()
    event_id = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    user_id = UnicodeAttribute(null=True)
    action = UnicodeAttribute()
    correlation_id = UnicodeAttribute(null=True)
    details = JSONAttribute(default=dict)
