"""Items: where they live, how they are found, how they are changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pynamodb.exceptions import PutError

from chalicelib.errors import ConflictError
from chalicelib.store.accounts import Account
from chalicelib.store.jobs import Job
from chalicelib.store.memberships import Membership
from chalicelib.store.sources import Source
from chalicelib.store.table import Item
from chalicelib.store.users import User, with_memberships
from tests.faults.calls import seen

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def source(number: int = 1, account_id: str = "acc_1", **fields: object) -> Source:
    facts = {"connection_id": "con_1", "user_id": "usr_1", "platform": "stripe", "name": "S", **fields}
    made = Source.new(now=NOON, account_id=account_id, source_id=f"src_{number}", **facts)
    made.create()
    return made


def job(number: int, account_id: str = "acc_1") -> Job:
    ids = {"source_id": "src_1", "connection_id": "con_1", "snapshot_id": "snp_1", "platform": "stripe"}
    made = Job.new(now=NOON, account_id=account_id, job_id=f"job_{number}", **ids)
    made.create()
    return made


def test_an_item_is_created_once(table: None) -> None:
    source()

    with pytest.raises(PutError):
        source()


def test_a_partition_is_read_by_kind_and_never_into_a_longer_name(table: None) -> None:
    source(1), source(2), job(1), source(3, "acc_10")

    assert [one.source_id for one in Source.within(account_id="acc_1")] == ["src_1", "src_2"]
    assert [one.source_id for one in Source.within(account_id="acc_1", after=Source.SK.format(source_id="src_1"))] == [
        "src_2"
    ]


def test_an_index_is_read_from_a_place_on_both_ways(table: None) -> None:
    for number in range(4):
        job(number)

    def found(*, backwards: bool, after: str) -> list[str]:
        items = Job.indexed(
            "index1", backwards=backwards, after={"job_id": after}, account_id="acc_1", source_id="src_1"
        )
        return [one.job_id for one in items]

    assert found(backwards=False, after="job_1") == ["job_2", "job_3"]
    assert found(backwards=True, after="job_2") == ["job_1", "job_0"]


def test_a_change_takes_the_item_along_in_its_indexes(table: None) -> None:
    made = source()

    made.change(now=NOON, due="DUE", next_sync_at=NOON + timedelta(hours=1))
    scheduled = [one.source_id for one in Source.indexed("index2", due="DUE")]
    made.change(now=NOON, due=None, next_sync_at=None)

    assert (scheduled, list(Source.indexed("index2", due="DUE"))) == (["src_1"], [])
    assert made.version == 3


def test_of_two_changes_to_what_was_read_once_the_second_is_refused(table: None) -> None:
    source()
    one, other = (Source.fetch(account_id="acc_1", source_id="src_1") for _ in range(2))
    assert one is not None
    assert other is not None
    one.change(now=NOON, name="One")

    with pytest.raises(ConflictError):
        other.change(now=NOON, name="Other")


def test_a_deleted_item_is_not_changed_back_into_being(table: None) -> None:
    made = source()
    made.delete()

    with pytest.raises(ConflictError):
        made.change(now=NOON, name="Back")
    assert Source.fetch(account_id="acc_1", source_id="src_1") is None


def test_several_items_are_read_in_one_go_whatever_their_kind(table: None) -> None:
    source(), job(1)

    keys = [Source.key(account_id="acc_1", source_id="src_1"), Job.key(account_id="acc_1", job_id="job_1"), ("x", "y")]

    assert {type(item) for item in Item.several(keys)} == {Source, Job}


def test_a_user_is_read_with_all_memberships(table: None) -> None:
    User.new(now=NOON, user_id="usr_1", email="a@b.ie", name="A", current_account_id="acc_1").create()
    for number in (1, 2):
        Membership.new(now=NOON, user_id="usr_1", account_id=f"acc_{number}", role="owner").create()

    user, memberships = with_memberships("usr_1")

    assert user is not None
    assert [held.account_id for held in memberships] == ["acc_1", "acc_2"]
    assert with_memberships("usr_10") == (None, [])


def test_a_subtree_is_found_whole_and_nothing_beside_it(table: None) -> None:
    paths = ["/acc_1/", "/acc_1/acc_2/", "/acc_1/acc_2/acc_3/", "/acc_1/acc_20/"]
    for path in paths:
        account_id = path.split("/")[-2]
        Account.new(
            now=NOON, account_id=account_id, root_account_id="acc_1", owner_user_id="usr_1", name="A", path=path
        ).create()

    assert [one.path for one in Account.subtree("acc_1", "/acc_1/acc_2/", None)] == paths[1:3]
    assert [one.path for one in Account.subtree("acc_1", "/acc_1/", paths[1])] == paths[2:]


def test_f14_items_that_the_database_leaves_unread_are_asked_for_again(table: None) -> None:
    keys = [Source.key(account_id="acc_1", source_id=source(number).source_id) for number in range(5)]
    asked: list[int] = []

    def leave_all_but_one(parsed: dict[str, Any], **_: object) -> None:
        ((name, found),) = parsed["Responses"].items()
        left = [{"pk": item["pk"], "sk": item["sk"]} for item in found[1:]]
        asked.append(len(found))
        parsed["Responses"] = {name: found[:1]}
        parsed["UnprocessedKeys"] = {name: {"Keys": left, "ConsistentRead": True}} if left else {}

    events = Item.database().client.meta.events
    events.register("after-call.dynamodb.BatchGetItem", leave_all_but_one)
    try:
        read = sorted(one.source_id for one in Source.several(keys))
    finally:
        events.unregister("after-call.dynamodb.BatchGetItem", leave_all_but_one)

    assert (read, asked) == (["src_0", "src_1", "src_2", "src_3", "src_4"], [5, 4, 3, 2, 1])


def test_f17_the_table_itself_is_always_read_strongly_consistent(table: None) -> None:
    made, bodies = source(), []

    with seen("before-call", lambda _name, params: bodies.append(str(params["body"]))):
        Source.fetch(account_id="acc_1", source_id=made.source_id)
        list(Source.within(account_id="acc_1"))
        list(Source.several([Source.key(account_id="acc_1", source_id=made.source_id)]))
        with_memberships("usr_1")

    assert [body.count('"ConsistentRead": true') for body in bodies] == [1, 1, 1, 1]
