"""A change and its event, written by many at once, refused, put off, answered never."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from pynamodb.exceptions import TransactWriteError

from chalicelib.domain.activity import first_break
from chalicelib.errors import RetryableError
from chalicelib.store.activity import ChainHead, Event
from chalicelib.store.recording import TRIES, Deed, chained, recorded
from chalicelib.store.sources import Source
from chalicelib.store.table import Item
from tests.faults.calls import Refusing, seen
from tests.store.taking_turns import Turns

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHARED = "src_shared"


@contextmanager
def new_account() -> Iterator[str]:
    """An account of a table of its own."""
    with mock_aws():
        Item.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        yield "acc_1"


@pytest.fixture
def account_id() -> Iterator[str]:
    with new_account() as made:
        yield made


def deed(account_id: str, user: int = 0) -> Deed:
    return Deed(account_id, f"usr_{user}", "sources:update", f"request-{user}", NOON)


def source(account_id: str, source_id: str) -> Source:
    facts = {"connection_id": "con_1", "user_id": "usr_1", "platform": "stripe", "name": "S"}
    return Source.new(now=NOON, account_id=account_id, source_id=source_id, **facts)


def names_of(account_id: str) -> dict[str, str]:
    return {one.source_id: one.name for one in Source.within(account_id=account_id)}


def events_of(account_id: str) -> list[Event]:
    found = list(Event.within(account_id=account_id))
    head = ChainHead.fetch(account_id=account_id)
    assert [int(event.sequence) for event in found] == list(range(1, len(found) + 1))
    assert first_break(chained(found), head.names if head else None) is None
    return found


def create(account_id: str, user: int) -> bool:
    own = f"src_{user}"
    return recorded(deed(account_id, user), own, source(account_id, own).creating())


def rename(shared: Source, user: int) -> bool:
    """Rename what all have read before any of them writes."""
    return recorded(deed(shared.account_id, user), SHARED, shared.changing(now=NOON, name=f"by {user}"))


@settings(max_examples=25)
@given(st.lists(st.booleans(), min_size=2, max_size=5), st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_of_changes_in_any_order_each_has_its_event_and_the_chain_no_gap(
    makes_own: list[bool], order: list[int]
) -> None:
    with new_account() as account_id:
        write_at_once(account_id, makes_own, order)


def write_at_once(account_id: str, makes_own: list[bool], order: list[int]) -> None:
    """Let users make a source of their own each, or rename the shared one, and look at what came of it."""
    source(account_id, SHARED).create()

    done = Turns(order).run([writer(account_id, user, own) for user, own in enumerate(makes_own)])

    renamed = [user for user, own in enumerate(makes_own) if not own and done[user]]
    created = {f"src_{user}": "S" for user, own in enumerate(makes_own) if own}
    assert len(renamed) == (not all(makes_own)), "of those who read the same, one is first"
    assert names_of(account_id) == {**created, SHARED: f"by {renamed[0]}" if renamed else "S"}
    assert sorted((one.user_id, one.resource_id) for one in events_of(account_id)) == sorted(
        (f"usr_{user}", f"src_{user}" if own else SHARED) for user, own in enumerate(makes_own) if done[user]
    )


def writer(account_id: str, user: int, own: bool) -> Callable[[], bool]:
    if own:
        return partial(create, account_id, user)
    shared = Source.fetch(account_id=account_id, source_id=SHARED)
    assert shared is not None
    return partial(rename, shared, user)


def test_a_dozen_writers_at_once_are_all_done_within_their_tries(account_id: str) -> None:
    turns = Turns([0])

    done = turns.run([partial(create, account_id, user) for user in range(12)])

    assert done == [True] * 12
    assert len(events_of(account_id)) == 12
    assert 12 <= turns.calls.count("TransactWriteItems") <= 12 * 13 / 2


def test_an_undisturbed_change_asks_the_table_twice(account_id: str) -> None:
    asked: list[str] = []

    with seen("before-call", lambda name, _: asked.append(name)):
        create(account_id, 1)

    assert asked == ["GetItem", "TransactWriteItems"]


def test_a_change_that_is_refused_is_not_tried_again(account_id: str) -> None:
    create(account_id, 1)
    asked: list[str] = []

    with seen("before-call", lambda name, _: asked.append(name)):
        done = create(account_id, 1)

    assert not done
    assert asked.count("TransactWriteItems") == 1
    assert len(events_of(account_id)) == 1


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_f15_a_change_that_met_another_under_way_is_tried_again(account_id: str, code: str) -> None:
    with seen("before-call", Refusing(code, 3)):
        done = create(account_id, 1)

    assert done
    assert len(events_of(account_id)) == 1


def test_f15_a_change_that_never_gets_its_turn_is_to_be_tried_later_and_leaves_nothing(account_id: str) -> None:
    refusing = Refusing("TransactionConflict", 1000)

    with seen("before-call", refusing), pytest.raises(RetryableError):
        create(account_id, 1)

    assert refusing.times == 1000 - TRIES
    assert events_of(account_id) == []
    assert names_of(account_id) == {}


def test_what_no_repetition_mends_is_raised(account_id: str) -> None:
    with seen("before-call", Refusing("ValidationError", 1)), pytest.raises(TransactWriteError):
        create(account_id, 1)

    assert events_of(account_id) == []


def test_f16_a_change_that_is_sent_twice_for_want_of_an_answer_is_done_and_recorded_once(account_id: str) -> None:
    """DynamoDB knows the second by its token, but not every DynamoDB there is does."""
    sent: list[str] = []

    def lost_once(name: str, _: dict[str, Any]) -> float | None:
        sent.append(name)
        return 0 if sent == ["GetItem", "TransactWriteItems"] else None

    with seen("needs-retry", lost_once):
        done = create(account_id, 1)

    assert done
    assert sent.count("TransactWriteItems") == 2
    assert len(events_of(account_id)) == 1


def test_a_transaction_carries_the_token_by_which_dynamodb_knows_it_when_it_is_sent_again(account_id: str) -> None:
    tokens: list[str] = []

    def note(name: str, params: dict[str, Any]) -> None:
        if name == "TransactWriteItems":
            tokens.append(json.loads(params["body"])["ClientRequestToken"])

    with seen("before-call", note):
        create(account_id, 1), create(account_id, 2)

    assert len(set(tokens)) == 2
    assert all(len(token) == 36 for token in tokens)
