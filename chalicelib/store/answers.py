"""Answers: what a request with an idempotency key was answered, for 24 hours."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.table import Item


class Answer(Item, discriminator="answer"):
    """One request that may be repeated: a claim on its key while it runs, then its answer (`status`, `body`).

    `account_id` is the user's own id where they act for themselves.
    """

    PK, SK = "ACCOUNT#{account_id}#IDEMPOTENCY", "{user_id}#{key_hash}"

    account_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    key_hash = UnicodeAttribute()
    body_hash = UnicodeAttribute()
    expires_at = UTCDateTimeAttribute()
    claimed_until = UTCDateTimeAttribute()
    status = NumberAttribute(null=True)
    body = UnicodeAttribute(null=True)
