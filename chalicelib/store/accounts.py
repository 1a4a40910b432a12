"""Accounts: the tenants, in trees of any depth."""

from collections.abc import Iterator

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

    @classmethod
    def subtree(cls, root_account_id: str, path: str, after: str | None) -> Iterator["Account"]:
        """Read the accounts at and below a path, in order of path; `after` is the path of the last one seen."""
        tree = f"ACCOUNT#{root_account_id}#TREE"
        begun = _place(tree, after) if after else None
        found = cls.index2.query(tree, cls.index2_sk.startswith(path), last_evaluated_key=begun)
        return (account for account in found if isinstance(account, cls))


def root_of(account_id: str) -> str:
    """Name the account at the root of an account's tree: the tenant that quotas and limits count."""
    account = Account.fetch(account_id=account_id)
    return str(account.root_account_id) if account else account_id


def _place(tree: str, path: str) -> dict[str, dict[str, str]]:
    account_id = path.rstrip("/").rpartition("/")[2]
    pk = Account.PK.format(account_id=account_id)
    return {"pk": {"S": pk}, "sk": {"S": Account.SK}, "index2_pk": {"S": tree}, "index2_sk": {"S": path}}
