"""The tenants, in trees."""

from typing import Any

from chalicelib.store.memberships import Membership
from tests.api.conftest import Someone, with_role
from tests.api.gateway import Gateway


def below(http: Gateway, parent: str, name: str) -> str:
    made = http.post(f"/accounts/{parent}/sub-accounts", {"name": name})
    assert made.status == 201, made.text
    return str(made.json["accountId"])


def names(page: Any) -> list[str]:
    return [item["name"] for item in page["items"]]


def test_a_tree_of_accounts_is_listed_parents_first_and_page_by_page(ada: Someone) -> None:
    agency = ada.account_id
    client = below(ada.http, agency, "Client")
    below(ada.http, client, "Branch")

    first = ada.http.get(f"/accounts/{agency}/hierarchy?limit=2").json
    rest = ada.http.get(f"/accounts/{agency}/hierarchy?limit=2&cursor={first['nextCursor']}").json

    assert (names(first), names(rest), rest["nextCursor"]) == (["Ada", "Client"], ["Branch"], None)
    assert names(ada.http.get(f"/accounts/{agency}/hierarchy?depth=1").json) == ["Ada", "Client"]
    assert names(ada.http.get(f"/accounts/{client}/hierarchy").json) == ["Client", "Branch"]


def test_membership_of_an_ancestor_is_membership_of_what_lies_below(ada: Someone, eve: Someone) -> None:
    client = below(ada.http, ada.account_id, "Client")
    admin = with_role(ada, eve, "admin")

    seen = admin.get(f"/accounts/{client}")
    acted = admin.but(x_account_context=client).get("/account")

    assert (seen.json["role"], acted.json["accountId"]) == ("admin", client)


def test_s15_a_sub_account_reads_neither_its_parent_nor_its_sibling(ada: Someone, eve: Someone) -> None:
    client, sibling = below(ada.http, ada.account_id, "Client"), below(ada.http, ada.account_id, "Sibling")
    from datetime import UTC, datetime

    Membership.new(now=datetime.now(UTC), user_id=eve.user_id, account_id=client, role="owner").create()

    assert eve.http.get(f"/accounts/{client}").status == 200
    assert eve.http.get(f"/accounts/{ada.account_id}").status == 404
    assert eve.http.get(f"/accounts/{sibling}").status == 404
    assert eve.http.get(f"/accounts/{ada.account_id}/hierarchy").status == 404
    assert eve.http.but(x_account_context=sibling).get("/sources").status == 403


def test_s8_a_removed_member_is_out_at_the_next_request(ada: Someone, eve: Someone) -> None:
    member = with_role(ada, eve, "member")
    assert member.get("/sources").status == 200

    held = Membership.fetch(user_id=eve.user_id, account_id=ada.account_id)
    assert held is not None
    held.delete()

    assert member.get("/sources").status == 403


def test_s13_a_context_in_other_letters_or_sent_twice_is_refused(ada: Someone, eve: Someone) -> None:
    assert ada.http.but(x_account_context=ada.account_id.lower()).get("/sources").status == 403
    assert ada.http.but(x_account_context=[ada.account_id, eve.account_id]).get("/sources").status == 400


def test_s14_headers_that_claim_to_be_somebody_are_ignored(ada: Someone, eve: Someone) -> None:
    claimed = eve.http.but(x_user_id=ada.user_id, x_forwarded_user=ada.user_id, x_amzn_oidc_identity=ada.user_id)

    assert claimed.get("/auth/profile").json["userId"] == eve.user_id


def test_switching_makes_another_account_the_current_one(ada: Someone, eve: Someone) -> None:
    client = below(ada.http, ada.account_id, "Client")

    switched = ada.http.post("/account/switch-context", {"accountId": client})

    assert (switched.status, switched.json["role"]) == (200, "owner")
    assert ada.http.get("/account").json["accountId"] == client
    assert eve.http.post("/account/switch-context", {"accountId": client}).status == 404


def test_a_withheld_permission_wins_over_the_role_and_a_granted_one_adds_to_it(ada: Someone, eve: Someone) -> None:
    viewer = with_role(ada, eve, "viewer", granted=["account:update"], withheld=["jobs:view"])

    assert viewer.patch("/account", {"name": "Renamed"}).status == 200
    assert viewer.get("/jobs").status == 403
    assert viewer.get("/sources").status == 200


def test_only_an_admin_changes_the_account(ada: Someone, eve: Someone) -> None:
    member = with_role(ada, eve, "member")

    assert member.patch(f"/accounts/{ada.account_id}", {"name": "Mine"}).status == 403
    assert ada.http.patch(f"/accounts/{ada.account_id}", {"name": "Ours"}).json["name"] == "Ours"


def test_another_root_account_is_made_and_listed(ada: Someone) -> None:
    made = ada.http.post("/accounts", {"name": "Second", "company": "Second Ltd"}).json

    assert (made["role"], made["level"], made["parentAccountId"]) == ("owner", 0, None)
    assert sorted(names(ada.http.get("/accounts").json)) == ["Ada", "Second"]
    assert sorted(names(ada.http.get("/auth/accounts").json)) == ["Ada", "Second"]


def test_accounts_are_listed_page_by_page(ada: Someone) -> None:
    for name in ("B", "C"):
        ada.http.post("/accounts", {"name": name})

    first = ada.http.get("/accounts?limit=2").json
    rest = ada.http.get(f"/accounts?limit=2&cursor={first['nextCursor']}").json

    assert (names(first) + names(rest), rest["nextCursor"]) == (["Ada", "B", "C"], None)
