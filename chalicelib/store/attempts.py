"""Attempts: how often something was tried for an e-mail address lately."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.table import Item


class Attempts(Item, discriminator="attempts"):
    """The attempts at one thing (`what`) for one address, known by its hash, whether or not anybody has that address.

    The next one may be made from `blocked_until` on; from `forgotten_at` on these count no more, though the table's TTL
    deletes them later.
    """

    PK, SK = "ADDRESS#{address_hash}", "ATTEMPTS#{what}"

    address_hash = UnicodeAttribute()
    what = UnicodeAttribute()
    tries = NumberAttribute()
    blocked_until = UTCDateTimeAttribute()
    forgotten_at = UTCDateTimeAttribute()
