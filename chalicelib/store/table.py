"""The single table: where every kind of item lives, and how each question is answered.

| question                                  | key or index                                                             |
| ----------------------------------------- | ------------------------------------------------------------------------ |
| a user by id                              | USER#{user} / PROFILE                                                    |
| a user by token subject                   | index1: SUBJECT#{subject}                                                |
| the accounts of a user                    | USER#{user} / MEMBER#{account}…                                          |
| the members of an account                 | index1: ACCOUNT#{account}#MEMBERS / {user}…                              |
| an account                                | ACCOUNT#{account} / ACCOUNT                                              |
| the children of an account                | index1: ACCOUNT#{parent}#CHILDREN / {account}…                           |
| connections, sources of an account        | ACCOUNT#{account} / CONNECTION#…, SOURCE#…                               |
| the sources of a connection               | index1: ACCOUNT#{account}#CONNECTION#{connection} / SOURCE#…             |
| the sources due by now, all tenants       | index2: DUE / {next_sync_at}…                                            |
| jobs of an account, newest first          | ACCOUNT#{account} / JOB#… backwards                                      |
| jobs of a source                          | index1: ACCOUNT#{account}#SOURCE#{source} / JOB#… backwards              |
| jobs not ended, all tenants (the sweeper) | index2: OPEN / {created_at}#{job}…                                       |
| how far a job's streams have come         | ACCOUNT#{account}#JOB#{job} / CHECKPOINT#{stream}#{slice}…               |
| snapshots of a source                     | ACCOUNT#{account} / SNAPSHOT#{source}#… backwards                        |
| an OAuth state                            | STATE#{hash} / STATE (known before its tenant is; bound to one by value) |
| the answer to an idempotency key          | ACCOUNT#{account}#IDEMPOTENCY / {user}#{hash}                            |
| activity of an account, newest first      | ACCOUNT#{account}#ACTIVITY / {event} backwards                           |

Tenant id is in every partition key (users, and states that are not yet a tenant's, excepted). Index partitions `DUE`
and `OPEN` are the system's own: no request path reads them.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Self

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model


class _Index1(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]  # pynamodb 6.1 leaves it untyped
    class Meta:
        index_name = "index1"
        projection = AllProjection()

    index1_pk = UnicodeAttribute(hash_key=True)
    index1_sk = UnicodeAttribute(range_key=True)


class _Index2(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]  # pynamodb 6.1 leaves it untyped
    class Meta:
        index_name = "index2"
        projection = AllProjection()

    index2_pk = UnicodeAttribute(hash_key=True)
    index2_sk = UnicodeAttribute(range_key=True)


class _Index3(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]  # pynamodb 6.1 leaves it untyped
    class Meta:
        index_name = "index3"
        projection = AllProjection()

    index3_pk = UnicodeAttribute(hash_key=True)
    index3_sk = UnicodeAttribute(range_key=True)


class Item(Model):
    """One item of the table; a subclass states its keys as patterns over its own fields."""

    class Meta:
        table_name = os.environ.get("TABLE", "")

    PK: ClassVar[str]
    SK: ClassVar[str]
    INDEX1: ClassVar[tuple[str, str] | None] = None
    INDEX2: ClassVar[tuple[str, str] | None] = None
    INDEX3: ClassVar[tuple[str, str] | None] = None

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    index1_pk = UnicodeAttribute(null=True)
    index1_sk = UnicodeAttribute(null=True)
    index2_pk = UnicodeAttribute(null=True)
    index2_sk = UnicodeAttribute(null=True)
    index3_pk = UnicodeAttribute(null=True)
    index3_sk = UnicodeAttribute(null=True)
    ttl = NumberAttribute(null=True)
    version = NumberAttribute(default=1)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    index1 = _Index1()
    index2 = _Index2()
    index3 = _Index3()

    @classmethod
    def new(cls, *, now: datetime, **fields: Any) -> Self:  # noqa: ANN401 (attributes of the subclass)
        """Make an item with its keys filled in from its fields; it is not written yet."""
        item = cls(created_at=now, updated_at=now, **fields)
        item.pk, item.sk = cls.PK.format(**fields), cls.SK.format(**fields)
        for index in ("index1", "index2", "index3"):
            item.place(index)
        return item

    def place(self, index: str) -> None:
        """Fill in the keys of one index from the item's fields; to be called again when one of them has changed."""
        pattern: tuple[str, str] | None = getattr(self, index.upper())
        fields = self.attribute_values
        placed = pattern is not None and all(_known(part, fields) for part in pattern)
        for end, part in zip(("pk", "sk"), pattern or ("", ""), strict=True):
            setattr(self, f"{index}_{end}", part.format(**_as_text(fields)) if placed else None)

    @classmethod
    def fetch(cls, **keys: str) -> Self | None:
        """Read one item, strongly consistent; None where there is none."""
        try:
            return cls.get(cls.PK.format(**keys), cls.SK.format(**keys), consistent_read=True)
        except cls.DoesNotExist:
            return None

    @classmethod
    def within(
        cls, *, backwards: bool = False, after: str | None = None, limit: int | None = None, **keys: str
    ) -> Iterator[Self]:
        """Read the items under one partition, in key order; `after` is the sort key of the last one already seen."""
        pk, prefix = cls.PK.format(**keys), _prefix(cls.SK, keys)
        return iter(
            cls.query(
                pk,
                cls.sk.startswith(prefix) if prefix else None,
                scan_index_forward=not backwards,
                last_evaluated_key={"pk": {"S": pk}, "sk": {"S": after}} if after else None,
                limit=limit,
                consistent_read=True,
            )
        )

    def create(self) -> None:
        """Write a new item; raises pynamodb's PutError where one of that key exists."""
        self.save(condition=Item.pk.does_not_exist())


def _prefix(pattern: str, keys: dict[str, str]) -> str:
    """Keep the part of a sort key that the given keys fix.

    It ends in `#` where more follows, so that `a1` never finds `a10`.
    """
    fixed = ""
    for part in pattern.split("#"):
        if part.startswith("{") and part.strip("{}") not in keys:
            return fixed
        fixed += part.format(**keys) + "#"
    return fixed.removesuffix("#")


def _known(pattern: str, fields: dict[str, Any]) -> bool:
    return all(fields.get(part.strip("{}")) is not None for part in pattern.split("#") if part.startswith("{"))


def _as_text(fields: dict[str, Any]) -> dict[str, Any]:
    return {k: v.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(v, datetime) else v for k, v in fields.items()}
