"""Accounts: the tenants, in trees of any depth."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.store.table import Item


class Account(Item, discriminator="account"):
    """One tenant. `path` names its ancestors and itself, such as `/acc_1/acc_2/`; `root_account_id` begins it.

    Status: active | suspended | deleted.
    """

    PK, SK = "ACCOUNT#{account_id}", "ACCOUNT"
    INDEX1 = ("ACCOUNT#{parent_account_id}#CHILDREN", "{account_id}")
    INDEX2 = ("ACCOUNT#{root_account_id}#TREE", "{path}")

    account_id = UnicodeAttribute()
    root_account_id = UnicodeAttribute()
    parent_account_id = UnicodeAttribute(null=True)
    owner_user_id = UnicodeAttribute()
    name = UnicodeAttribute()
    company = UnicodeAttribute(null=True)
    path = UnicodeAttribute()
    level = NumberAttribute(default=0)
    plan = UnicodeAttribute(default="trial")
    status = UnicodeAttribute(default="active")
    settings = JSONAttribute(default=dict)
    limits = JSONAttribute(default=dict)
