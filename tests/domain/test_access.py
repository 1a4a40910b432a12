"""Who may do what."""

from dataclasses import dataclass, field

import pytest

from chalicelib.domain import access
from chalicelib.domain.access import Actor


@dataclass(frozen=True)
class Held:
    account_id: str
    role: str
    status: str = "active"
    permissions: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    account_id: str
    path: str
    status: str = "active"


ROOT, CLIENT, SIBLING = Place("acc_1", "/acc_1/"), Place("acc_10", "/acc_1/acc_10/"), Place("acc_2", "/acc_1/acc_2/")
VIEW, OPERATE, ADMINISTER = "sources:view", "sources:sync", "sources:delete"


def may(permission: str, place: Place | None, *held: Held, status: str = "active") -> bool:
    return access.may(Actor("usr_1", status, held), permission, place, [ROOT])


def test_the_policies_are_right_by_their_schema() -> None:
    assert access.policy_problems() == []


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", [True, False, False]),
        ("member", [True, True, False]),
        ("admin", [True, True, True]),
        ("owner", [True, True, True]),
    ],
)
def test_a_role_includes_the_ones_below_it(role: str, allowed: list[bool]) -> None:
    assert [may(permission, ROOT, Held("acc_1", role)) for permission in (VIEW, OPERATE, ADMINISTER)] == allowed


def test_membership_reaches_down_and_never_up_or_sideways() -> None:
    above, below = Held("acc_1", "owner"), Held("acc_10", "owner")

    assert may(ADMINISTER, CLIENT, above)
    assert not may(VIEW, ROOT, below)
    assert not may(VIEW, SIBLING, below)


def test_an_account_whose_name_begins_alike_is_another() -> None:
    assert not may(VIEW, CLIENT, Held("acc_10x", "owner"))
    assert not may(VIEW, Place("acc_10", "/acc_10/"), Held("acc_1", "owner"))


def test_a_stranger_may_nothing_and_everyone_looks_after_themselves() -> None:
    assert not may(VIEW, ROOT)
    assert may("profile:view", None)


@pytest.mark.parametrize("status", ["pending", "suspended"])
def test_a_membership_that_is_not_active_counts_for_nothing(status: str) -> None:
    assert not may(VIEW, ROOT, Held("acc_1", "owner", status, {"granted": [VIEW]}))


def test_a_suspended_user_may_nothing_at_all() -> None:
    assert not may(VIEW, ROOT, Held("acc_1", "owner"), status="suspended")
    assert not may("profile:view", None, status="suspended")


def test_a_suspended_account_can_be_seen_and_not_worked_with() -> None:
    closed = Place("acc_1", "/acc_1/", "suspended")

    assert [may(one, closed, Held("acc_1", "owner")) for one in (VIEW, OPERATE, ADMINISTER)] == [True, False, False]


def test_a_permission_given_below_does_not_count_above() -> None:
    given = Held("acc_10", "viewer", permissions={"granted": [OPERATE]})

    assert may(OPERATE, CLIENT, given)
    assert not may(OPERATE, ROOT, given, Held("acc_1", "viewer"))


def test_what_is_withheld_anywhere_on_the_way_down_is_withheld() -> None:
    withheld = Held("acc_1", "owner", permissions={"withheld": [VIEW]})

    assert not may(VIEW, CLIENT, withheld, Held("acc_10", "owner"))


def test_a_permission_the_schema_does_not_know_is_an_error_and_not_a_no() -> None:
    with pytest.raises(ValueError, match="sources:explode"):
        may("sources:explode", ROOT, Held("acc_1", "owner"))


@pytest.mark.parametrize(("upper", "allowed"), [("active", True), ("suspended", False), ("deleted", False)])
def test_what_an_account_is_its_sub_accounts_are_too(upper: str, allowed: bool) -> None:
    owner, above = Actor("usr_1", "active", [Held("acc_1", "owner")]), Place("acc_1", "/acc_1/", upper)

    assert access.may(owner, OPERATE, CLIENT, [above]) == allowed
    assert access.may(owner, VIEW, CLIENT, [above])


def test_an_ancestor_that_is_not_there_counts_as_deleted() -> None:
    assert not access.may(Actor("usr_1", "active", [Held("acc_1", "owner")]), OPERATE, CLIENT)
