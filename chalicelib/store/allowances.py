"""Allowances: how much of what costs us something an account has used in an hour."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store.table import Item


class Allowance(Item, discriminator="allowance"):
    """What an account has used of one thing (`what`) in one hour (`hour`, as 2026-01-31T09)."""

    PK, SK = "ACCOUNT#{account_id}#ALLOWANCES", "{what}#{hour}"

    account_id = UnicodeAttribute()
    what = UnicodeAttribute()
    hour = UnicodeAttribute()
    used = NumberAttribute()
