"""Memberships: who belongs to which account, as what."""

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.store.table import Item


class Membership(Item, discriminator="membership"):
    """One user's place in one account and, by descent, in all accounts below it.

    Role: owner | admin | member | viewer. `permissions` is {"granted": [...], "withheld": [...]} of single permissions
    such as "sources:create". Status: active | pending | suspended.
    """

    PK, SK = "USER#{user_id}", "MEMBER#{account_id}"
    INDEX1 = ("ACCOUNT#{account_id}#MEMBERS", "{user_id}")

    user_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    role = UnicodeAttribute()
    status = UnicodeAttribute(default="active")
    permissions = JSONAttribute(default=dict)
    invited_by = UnicodeAttribute(null=True)
