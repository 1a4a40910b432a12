"""Every change leaves an event, no event can be changed unseen, and what was refused is told beside them."""

from typing import Any

import pytest

from chalicelib.domain.activity import CHANGED, CUT_OFF, GENESIS, PARTED, Break, first_break, link
from chalicelib.store.activity import ChainHead, Event
from chalicelib.store.memberships import Membership
from chalicelib.store.recording import chained
from tests.api.conftest import Someone, denials_of, events_of, forget, logged_in, with_role
from tests.api.gateway import Gateway
from tests.faults.calls import seen


def acts(account_id: str) -> list[tuple[str, str]]:
    return [(event.action, event.outcome) for event in events_of(account_id)]


def broken(account_id: str) -> Break | None:
    """Where the account's chain breaks."""
    head = ChainHead.fetch(account_id=account_id)
    return first_break(chained(events_of(account_id)), head.names if head else None)


def test_a_change_leaves_who_did_what_in_which_request(ada: Someone) -> None:
    made = ada.http.but(x_correlation_id="request-1").post(f"/accounts/{ada.account_id}/sub-accounts", {"name": "C"})

    event = events_of(ada.account_id)[-1]
    assert (event.action, event.user_id, event.correlation_id) == ("account:create-child", ada.user_id, "request-1")
    assert event.resource_id == made.json["accountId"]


def test_reading_leaves_nothing(ada: Someone) -> None:
    before = acts(ada.account_id)
    ada.http.get("/sources")

    assert acts(ada.account_id) == before == [("profile:register", "done"), ("session:start", "done")]


def test_a_role_too_low_is_recorded_where_it_was_tried(ada: Someone, eve: Someone) -> None:
    with_role(ada, eve, "viewer").patch("/account", {"name": "Mine"})

    assert [(one.action, one.user_id) for one in denials_of(ada.account_id)] == [("account:update", eve.user_id)]


def test_s43_a_denial_names_objects_and_no_content(ada: Someone, eve: Someone) -> None:
    viewer = with_role(ada, eve, "viewer", withheld=["records:view"])

    viewer.get("/sources/src_1/snapshots/snp_1/streams/files/records/%2FPayroll%2FBoard.xlsx")

    denial = denials_of(ada.account_id)[-1]
    assert denial.details["parameters"] == {"source_id": "src_1", "snapshot_id": "snp_1"}
    assert "Payroll" not in str(denial.attribute_values)


def test_s13_reaching_for_another_tenants_account_is_recorded_at_home(ada: Someone, eve: Someone) -> None:
    eve.http.but(x_account_context=ada.account_id).get("/sources")

    assert [one.details["accountContext"] for one in denials_of(eve.account_id)] == [ada.account_id]
    assert denials_of(ada.account_id) == []


def test_s49_a_viewer_who_is_refused_without_end_keeps_nobody_from_changing_anything(
    ada: Someone, eve: Someone
) -> None:
    viewer, chained = with_role(ada, eve, "viewer"), acts(ada.account_id)

    def refused_meanwhile(name: str, _: dict[str, Any]) -> None:
        if name == "TransactWriteItems":
            assert viewer.patch("/account", {"name": "Mine"}).status == 403

    with seen("before-call", refused_meanwhile):
        changed = ada.http.patch("/account", {"name": "Ours"})

    assert changed.status == 200
    assert acts(ada.account_id) == [*chained, ("account:update", "done")]
    assert len(denials_of(ada.account_id)) == 1


def test_s49_only_so_much_is_written_of_what_one_user_is_refused_in_an_hour(
    ada: Someone, eve: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DENIALS_PER_HOUR", "3")
    forget()
    viewer, stranger = with_role(ada, eve, "viewer"), eve.http.but(x_account_context="acc_unknown")

    for _ in range(3):
        assert (viewer.patch("/account", {"name": "Mine"}).status, stranger.get("/sources").status) == (403, 403)
    ada.http.but(x_account_context=eve.account_id).get("/sources")

    assert [one.user_id for one in denials_of(ada.account_id)] == [eve.user_id, eve.user_id, ada.user_id]
    assert [one.user_id for one in denials_of(eve.account_id)] == [eve.user_id]


def test_s43_what_is_not_written_down_of_a_denial_is_logged_without_its_content(
    ada: Someone, eve: Someone, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DENIALS_PER_HOUR", "1")
    forget()
    viewer = with_role(ada, eve, "viewer", withheld=["records:view"])

    for _ in range(2):
        viewer.get("/sources/src_1/snapshots/snp_1/streams/files/records/%2FPayroll%2FBoard.xlsx")

    logged = [vars(record) for record in caplog.records if record.message == "denied, and not written down"]
    assert [(one["action"], one["user_id"]) for one in logged] == [("records:view", eve.user_id)]
    assert "Payroll" not in str(logged)


def test_s13_whoever_was_removed_writes_nothing_into_the_account_they_had_chosen(
    http: Gateway, ada: Someone, eve: Someone
) -> None:
    with_role(ada, eve, "member")
    eve.http.post("/account/switch-context", {"accountId": ada.account_id})
    removed(eve, ada.account_id)
    before = acts(ada.account_id)

    again = logged_in(http, eve.email).http
    refused = [again.get("/sources"), again.get("/integrations/oauth/callback/stripe?code=x&state=guess")]
    done = [again.post("/accounts", {"name": "Own"}), again.post("/auth/logout")]

    assert ([one.status for one in refused], [one.status for one in done]) == ([403, 400], [201, 200])
    assert again.get("/auth/profile").status == 401
    assert (acts(ada.account_id), denials_of(ada.account_id)) == (before, [])


def test_what_is_done_in_an_account_reached_from_above_is_told_there(ada: Someone) -> None:
    below = ada.http.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": "C"}).json["accountId"]
    ada.http.post("/account/switch-context", {"accountId": below})

    ada.http.post("/auth/logout")

    assert acts(below) == [("profile:end-session", "done")]


def removed(someone: Someone, account_id: str) -> None:
    """Take someone out of an account."""
    membership = Membership.fetch(user_id=someone.user_id, account_id=account_id)
    assert membership is not None
    membership.delete()


def test_a_repeated_request_leaves_one_event(ada: Someone) -> None:
    before = len(events_of(ada.account_id))
    once = ada.http.but(idempotency_key="key-1")

    for _ in range(3):
        once.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": "C"})

    assert len(events_of(ada.account_id)) == before + 1


def test_a_registration_is_the_first_thing_that_happens_in_an_account(ada: Someone) -> None:
    first = events_of(ada.account_id)[0]

    assert (first.action, first.user_id, first.resource_id) == ("profile:register", ada.user_id, ada.user_id)


def test_an_event_and_a_denial_are_hot_for_ninety_days(ada: Someone, eve: Someone) -> None:
    with_role(ada, eve, "viewer").patch("/account", {"name": "Mine"})

    for act in (events_of(ada.account_id)[0], denials_of(ada.account_id)[0]):
        assert act.ttl == int(act.at.timestamp()) + 90 * 86_400


def test_events_are_chained_from_the_first_on(ada: Someone) -> None:
    for name in "BCD":
        ada.http.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": name})

    head = ChainHead.fetch(account_id=ada.account_id)
    assert head is not None
    assert (events_of(ada.account_id)[0].previous_hash, head.sequence) == (GENESIS, 5)
    assert broken(ada.account_id) is None


@pytest.mark.parametrize(("field", "value"), [("action", "nothing"), ("user_id", "usr_other"), ("details", {"a": 1})])
def test_s53_a_changed_event_breaks_the_chain_at_its_place(ada: Someone, field: str, value: object) -> None:
    for name in "BCD":
        ada.http.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": name})
    target = events_of(ada.account_id)[2]
    target.update(actions=[getattr(Event, field).set(value)])

    assert broken(ada.account_id) == (2, CHANGED)


def test_s53_a_missing_event_breaks_the_chain(ada: Someone) -> None:
    for name in "BCD":
        ada.http.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": name})
    events_of(ada.account_id)[2].delete()

    assert broken(ada.account_id) == (2, PARTED)


def test_s53_a_tail_that_was_cut_off_is_missed_by_the_head(ada: Someone) -> None:
    for name in "BCD":
        ada.http.post(f"/accounts/{ada.account_id}/sub-accounts", {"name": name})
    for event in events_of(ada.account_id)[-2:]:
        event.delete()

    assert broken(ada.account_id) == (3, CUT_OFF)


def test_a_link_depends_on_everything_before_it() -> None:
    assert link(GENESIS, {"a": 1}) != link(link(GENESIS, {"a": 0}), {"a": 1})
