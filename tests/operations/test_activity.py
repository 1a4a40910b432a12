"""What an operator is told of an account's activity."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.store.accounts import Account
from chalicelib.store.activity import ChainHead, Event
from chalicelib.store.recording import Deed, recorded
from operations.activity import main, verified

NOW = datetime.now(UTC)


@pytest.fixture
def account_id(table: None) -> str:
    """An account in which something was done once a month, six times, and last today."""
    fields = {"root_account_id": "acc_1", "parent_account_id": None, "owner_user_id": "usr_1", "path": "/acc_1/"}
    Account.new(now=NOW, account_id="acc_1", **fields, name="A", level=0).create()
    for month in range(5, -1, -1):
        assert recorded(Deed("acc_1", "usr_1", "account:update", "request", NOW - month * timedelta(days=30)), "acc_1")
    return "acc_1"


def ended(account_id: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["verify", "test", account_id])
    return int(left.value.code or 0)


def test_a_chain_that_holds_is_said_to_hold(account_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(account_id) == 0
    assert capsys.readouterr().out == "the chain of acc_1 holds: 3 events up to its head, 6\n"


def test_s53_an_event_that_was_changed_is_named(account_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    changed = list(Event.within(account_id=account_id))[-2]
    changed.update(actions=[Event.user_id.set("usr_other")])

    assert ended(account_id) == 1
    assert capsys.readouterr().out.startswith(f"event 000000000005 ({changed.event_id}, ")


def test_s53_a_tail_that_was_cut_off_is_told(account_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    list(Event.within(account_id=account_id))[-1].delete()

    assert ended(account_id) == 1
    assert capsys.readouterr().out.startswith("last event 000000000005, head 6: the head of the chain names another")


def test_s53_to_take_out_everything_is_no_expiry(account_id: str) -> None:
    for event in Event.within(account_id=account_id):
        event.delete()

    assert verified(account_id, NOW)[0] is False
    assert verified(account_id, NOW + timedelta(days=91)) == (
        True,
        "the chain of acc_1 holds: all its 6 events have expired",
    )


def test_s53_a_head_that_was_taken_out_is_told(account_id: str) -> None:
    head = ChainHead.fetch(account_id=account_id)
    assert head is not None
    head.delete()

    assert verified(account_id, NOW)[1].startswith("last event 000000000006, head none: ")


def test_expired_events_may_go_in_any_order(account_id: str) -> None:
    list(Event.within(account_id=account_id))[1].delete()

    assert verified(account_id, NOW)[0]


def test_an_account_that_is_not_there_is_told_so(account_id: str) -> None:
    assert verified("acc_2", NOW) == (False, "there is no account acc_2: check the stage and the account")
