"""Records that only several of their members together tell apart are kept, changed and found gone one by one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from chalicelib.connectors.composite import Composite
from chalicelib.connectors.connector import Deletes, Reading, Request, Stream
from chalicelib.connectors.paging import BodyCursor
from tests.backup.invented import Invented, invented
from tests.backup.reading import kept, manifest_of
from tests.backup.world import World
from tests.connectors.acme import Invoices
from tests.connectors.vendor import Told, Vendor, page


def transactions(_reading: Reading) -> Request:
    return Request("/v1/transactions", params={"page_size": 2}, size_param="page_size")


WITHIN = ("info.code", "info.at")
READER = Composite(BodyCursor(transactions, Invoices, param="cursor"), WITHIN)
TRANSACTIONS = Stream(
    "transactions",
    full=READER,
    deletes=Deletes("sweep"),
    key="info.id",
    grouped=True,
    not_restorable_because="money",
)


def transaction(key: str, code: str, amount: int = 1) -> dict[str, Any]:
    return {"info": {"id": key, "code": code, "at": "2026-01-01T00:00:00+0000"}, "amount": amount}


def holds(vendor: Vendor, *records: dict[str, Any]) -> None:
    """Let the vendor have these records, in pages of two."""

    def answer(asked: Any) -> Told:
        begin = int(asked.param("cursor") or 0)
        more = begin + 2 < len(records)
        return page({"invoices": list(records[begin : begin + 2]), "next_cursor": str(begin + 2) if more else None})

    vendor.answer = answer


@pytest.fixture
def paypal(world: World) -> Iterator[Invented]:
    with invented(world, TRANSACTIONS) as made:
        yield made


def test_records_of_one_id_are_told_apart_by_their_other_members(paypal: Invented) -> None:
    holds(paypal.vendor, transaction("T1", "T0006"), transaction("T1", "T1107"), transaction("T2", "T0006"))
    first = paypal.sync()
    holds(paypal.vendor, transaction("T1", "T0006"), transaction("T2", "T0006", amount=5))

    second = paypal.sync()

    at = "2026-01-01T00:00:00+0000"
    assert (first.status, second.status) == ("completed", "completed")
    assert sorted(kept(first, "transactions")) == [f"T0006/{at}/T1", f"T0006/{at}/T2", f"T1107/{at}/T1"]
    assert sorted(kept(second, "transactions")) == [f"T0006/{at}/T1", f"T0006/{at}/T2"]
    changes = manifest_of(second).streams["transactions"]
    assert (changes.added, changes.changed, changes.deleted) == (0, 1, 1)


MEMBERS = st.tuples(*[st.text() | st.none() | st.text("/%25F", max_size=4)] * 2)


@given(MEMBERS, MEMBERS)
def test_no_two_records_come_under_the_same_group_unless_their_members_are_the_same(
    one: tuple[str | None, ...], other: tuple[str | None, ...]
) -> None:
    groups = [
        READER.group(Raw(json.dumps({"info": dict(zip(("code", "at"), each, strict=True))}).encode()))
        for each in (one, other)
    ]

    assert (groups[0] == groups[1]) == (one == other)
