"""The account tree."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.accounts import RANKS, covering, effective_role, lineage, path_below

IDS = st.from_regex(r"acc_[0-9A-Z]{1,6}", fullmatch=True)


@dataclass(frozen=True)
class Held:
    account_id: str
    role: str
    status: str = "active"


@given(st.lists(IDS, min_size=1, max_size=20))
def test_a_path_names_its_ancestors_from_the_root_down(ids: list[str]) -> None:
    path: str | None = None
    for account_id in ids:
        path = path_below(path, account_id)

    assert path is not None
    assert lineage(path) == tuple(ids)


@given(st.lists(IDS, min_size=1, unique=True), st.data())
def test_only_memberships_on_the_way_from_the_root_reach_an_account(ids: list[str], data: st.DataObject) -> None:
    on_the_way = data.draw(st.lists(st.sampled_from(ids), unique=True))
    memberships = [Held(account_id, "viewer") for account_id in ids]
    path = "/" + "".join(f"{account_id}/" for account_id in on_the_way) if on_the_way else "/acc_other/"

    assert {held.account_id for held in covering(memberships, path)} == set(on_the_way)


@given(st.lists(st.sampled_from(RANKS), min_size=1))
def test_the_highest_role_on_the_way_counts(roles: list[str]) -> None:
    held = [Held("acc_1", role) for role in roles]

    assert effective_role(held, "/acc_1/acc_2/") == max(roles, key=RANKS.index)


def test_a_stranger_has_no_role() -> None:
    assert effective_role([Held("acc_1", "owner", "suspended")], "/acc_1/") is None
