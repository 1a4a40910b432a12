"""The single table: where every kind of item lives, and how each question is answered.

| question                                  | key or index                                                             |
| ----------------------------------------- | ------------------------------------------------------------------------ |
| a user by id                              | USER#{user} / PROFILE                                                    |
| a user by token subject                   | the id is the subject, written otherwise: `domain.users`                 |
| a user and the accounts they belong to    | USER#{user}                                                              |
| whether a user's session was ended        | USER#{user}#ENDED / SESSION#{session}                                    |
| the members of an account                 | index1: ACCOUNT#{account}#MEMBERS / {user}…                              |
| an account                                | ACCOUNT#{account} / ACCOUNT                                              |
| the children of an account                | index1: ACCOUNT#{parent}#CHILDREN / {account}…                           |
| an account and all below it, in order     | index2: ACCOUNT#{root}#TREE / {path}…                                    |
| connections, sources of an account        | ACCOUNT#{account} / CONNECTION#…, SOURCE#…                               |
| the sources of a connection               | index1: ACCOUNT#{account}#CONNECTION#{connection} / SOURCE#…             |
| the sources of a tenant (its root)        | index3: ACCOUNT#{root}#SOURCES / {source}…                               |
| the sources due by now, all tenants       | index2: DUE / {next_sync_at}…                                            |
| jobs of an account, newest first          | ACCOUNT#{account} / JOB#… backwards                                      |
| jobs of a source                          | index1: ACCOUNT#{account}#SOURCE#{source} / JOB#… backwards              |
| jobs not ended, all tenants (the sweeper) | index2: OPEN / {created_at}#{job}…                                       |
| jobs that run, of a tenant (its root)     | ACCOUNT#{root}#SLOTS / {platform}#{job}                                  |
| jobs that run, all tenants                | index2: SLOT / {platform}#{job}                                          |
| how far a job's streams have come         | ACCOUNT#{account}#JOB#{job} / CHECKPOINT#{stream}#{slice}…               |
| snapshots of a source                     | ACCOUNT#{account} / SNAPSHOT#{source}#… backwards                        |
| an OAuth state                            | STATE#{hash} / STATE (known before its tenant is; bound to one by value) |
| attempts at an address' password or code  | ADDRESS#{hash} / ATTEMPTS#{what} (known before its user is, or never)    |
| the answer to an idempotency key          | ACCOUNT#{account}#IDEMPOTENCY / {user}#{hash}                            |
| what an account (or a user) used an hour  | ACCOUNT#{account or user}#ALLOWANCES / {what}#{hour}                     |
| changes in an account, newest first       | ACCOUNT#{account}#ACTIVITY / EVENT#… backwards                           |
| what was refused there, newest first      | ACCOUNT#{account}#ACTIVITY / DENIAL#… backwards                          |
| the head of an account's activity chain   | ACCOUNT#{account}#ACTIVITY / HEAD                                        |

Tenant id is in every partition key (users, and states and attempts that are not yet a tenant's, excepted). Index
partitions `DUE`, `OPEN` and `SLOT` are the system's own: no request path reads them.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar, Self

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.connection import Connection, TableConnection
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.errors import ConflictError

Write = Callable[[TransactWrite], None]


def transaction() -> TransactWrite:
    """Begin a transaction, to be used in a `with`: all that is given to it is written when that ends, or nothing."""
    return TransactWrite(connection=Item.database())


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
        max_pool_connections = 32

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
    def _get_connection(cls) -> TableConnection:
        """Share one connection among all kinds of items: each of its own would cost a tenth of a second to make."""
        return super(Item, Item)._get_connection()

    @classmethod
    def database(cls) -> Connection:
        """Give the connection that all kinds of items share."""
        return cls._get_connection().connection

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
    def key(cls, **keys: str) -> tuple[str, str]:
        """Give the key of the item with these key fields; other fields are let be."""
        return cls.PK.format(**keys), cls.SK.format(**keys)

    @classmethod
    def several(cls, keys: Iterable[tuple[str, str]]) -> Iterator[Self]:
        """Read the items of these keys, strongly consistent and in no order; those that are not there are left out."""
        return cls.batch_get(list(keys), consistent_read=True)

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

    @classmethod
    def indexed(
        cls,
        index: str,
        *,
        backwards: bool = False,
        after: dict[str, str] | None = None,
        limit: int | None = None,
        **keys: str,
    ) -> Iterator[Self]:
        """Read the items under one partition of an index, in order; `after` are the key fields of the last one seen.

        An index lags the table by moments: no decision may rest on it.
        """
        pattern: tuple[str, str] = getattr(cls, index.upper())
        pk, prefix = pattern[0].format(**keys), _prefix(pattern[1], keys)
        begun = _index_key(cls, index, keys | after) if after else None
        found = getattr(cls, index).query(
            pk,
            getattr(cls, f"{index}_sk").startswith(prefix) if prefix else None,
            scan_index_forward=not backwards,
            last_evaluated_key=begun,
            limit=limit,
        )
        return (item for item in found if isinstance(item, cls))

    def create(self) -> None:
        """Write a new item; raises pynamodb's PutError where one of that key exists."""
        self.save(condition=Item.pk.does_not_exist())

    def change(self, *, now: datetime, **fields: Any) -> None:  # noqa: ANN401 (attributes of the subclass)
        """Set fields, and the index keys they are part of, where nobody has changed the item since it was read.

        A value of None removes the field. Raises ConflictError where the item has changed or is gone.
        """
        actions, unchanged = self._change(now, fields)
        try:
            self.update(actions=actions, condition=unchanged)
        except UpdateError as refused:
            if refused.cause_response_code != "ConditionalCheckFailedException":
                raise
            raise ConflictError("the object was changed meanwhile; read it again and repeat the change") from refused

    def creating(self) -> Write:
        """Say to a transaction what `create` does."""
        return lambda together: together.save(self, condition=Item.pk.does_not_exist())

    def changing(self, *, now: datetime, **fields: Any) -> Write:  # noqa: ANN401 (attributes of the subclass)
        """Say to a transaction what `change` does.

        The item at hand is as changed at once; where the transaction comes to nothing, it is of no more use.
        """
        actions, unchanged = self._change(now, fields)
        self.version, self.updated_at = self.version + 1, now
        return lambda together: together.update(self, actions=actions, condition=unchanged)

    def _change(self, now: datetime, fields: dict[str, Any]) -> tuple[list[Action], Condition]:
        for name, value in fields.items():
            setattr(self, name, value)
        for index in ("index1", "index2", "index3"):
            self.place(index)
        placed = {f"{index}_{end}" for index in ("index1", "index2", "index3") for end in ("pk", "sk")}
        actions = [_action(type(self), name, getattr(self, name)) for name in {*fields, *placed}]
        return [*actions, Item.version.add(1), Item.updated_at.set(now)], Item.version == self.version


def _action(cls: type[Item], name: str, value: Any) -> Action:  # noqa: ANN401 (any attribute's value)
    attribute = getattr(cls, name)
    action: Action = attribute.remove() if value is None else attribute.set(value)
    return action


def _index_key(cls: type[Item], index: str, fields: dict[str, str]) -> dict[str, dict[str, str]]:
    pattern: tuple[str, str] = getattr(cls, index.upper())
    parts = {"pk": cls.PK, "sk": cls.SK, f"{index}_pk": pattern[0], f"{index}_sk": pattern[1]}
    return {name: {"S": part.format(**fields)} for name, part in parts.items()}


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
