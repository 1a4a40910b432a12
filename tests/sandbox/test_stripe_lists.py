import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sandbox.stripe.catalog import BY_NAME, RESOURCES
from sandbox.stripe.resource import Resource
from tests.sandbox.conftest import Vendor


def pages(stripe: Vendor, path: str, **args: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = stripe.get(path, **args, **after).json()
        rows += page["data"]
        if not page["has_more"]:
            return rows
        after = {"starting_after": page["data"][-1]["id"]}


def test_paging_by_starting_after_gives_every_record_once_newest_first(stripe: Vendor) -> None:
    rows = pages(stripe, "/v1/customers", limit=100)

    assert len({row["id"] for row in rows}) == len(rows) == 250
    assert [row["created"] for row in rows] == sorted((row["created"] for row in rows), reverse=True)


def test_a_page_holds_ten_rows_unless_told_otherwise(stripe: Vendor) -> None:
    assert len(stripe.get("/v1/charges").json()["data"]) == 10


def test_ending_before_gives_the_rows_just_before_a_record(stripe: Vendor) -> None:
    rows = stripe.get("/v1/customers", limit=5).json()["data"]

    before = stripe.get("/v1/customers", limit=2, ending_before=rows[3]["id"]).json()

    assert [row["id"] for row in before["data"]] == [rows[1]["id"], rows[2]["id"]]
    assert before["has_more"] is True


def test_a_limit_of_zero_is_refused(stripe: Vendor) -> None:
    refused = stripe.get("/v1/customers", limit=0)

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "limit")


def test_an_unknown_cursor_is_refused(stripe: Vendor) -> None:
    refused = stripe.get("/v1/customers", starting_after="cus_unknown")

    assert refused.json()["error"]["code"] == "resource_missing"


def test_created_bounds_cut_the_list_exactly(stripe: Vendor) -> None:
    every = pages(stripe, "/v1/charges", limit=100)
    low, high = every[200]["created"], every[50]["created"]

    found = pages(stripe, "/v1/charges", limit=100, **{"created[gte]": low, "created[lt]": high})

    assert [row["id"] for row in found] == [row["id"] for row in every if low <= row["created"] < high]


def test_several_records_share_a_creation_second(stripe: Vendor) -> None:
    seconds = [row["created"] for row in pages(stripe, "/v1/customers", limit=100)]

    assert len(set(seconds)) < len(seconds)


def test_canceled_subscriptions_show_only_on_request(stripe: Vendor) -> None:
    shown = {row["status"] for row in pages(stripe, "/v1/subscriptions", limit=100)}
    every = {row["status"] for row in pages(stripe, "/v1/subscriptions", limit=100, status="all")}

    assert "canceled" not in shown
    assert "canceled" in every


def test_only_open_reviews_are_listed(stripe: Vendor) -> None:
    key = stripe.get("/v1/reviews", limit=1).json()["data"][0]["id"]

    stripe.post(f"/v1/reviews/{key}/approve")

    assert key not in {row["id"] for row in pages(stripe, "/v1/reviews")}
    assert stripe.get(f"/v1/reviews/{key}").json()["open"] is False


def test_inactive_prices_show_only_on_request_and_inline_ones_not_even_then(stripe: Vendor) -> None:
    customer = stripe.get("/v1/customers", limit=1).json()["data"][0]["id"]
    product = stripe.get("/v1/products", limit=1).json()["data"][0]["id"]
    data = {"currency": "usd", "product": product, "recurring[interval]": "month", "unit_amount": "5"}
    inline = {f"items[0][price_data][{name.replace('[', '][', 1).rstrip(']')}]": value for name, value in data.items()}

    made = stripe.post("/v1/subscriptions", data={"customer": customer, **inline}).json()["items"]["data"][0]["price"]

    assert {row["active"] for row in pages(stripe, "/v1/prices")} == {True}
    assert {row["active"] for row in pages(stripe, "/v1/prices", active="false")} == {False}
    assert made["id"] not in {row["id"] for row in pages(stripe, "/v1/prices", active="false")}
    assert stripe.get(f"/v1/prices/{made['id']}").json() == made


def test_what_lives_by_a_test_clock_shows_only_on_request(stripe: Vendor) -> None:
    (key,) = stripe.control("customers/create", {"values": {"test_clock": "clock_1"}})["keys"]

    assert key not in {row["id"] for row in pages(stripe, "/v1/customers", limit=100)}
    assert [row["id"] for row in pages(stripe, "/v1/customers", test_clock="clock_1")] == [key]
    assert stripe.get(f"/v1/customers/{key}").json()["test_clock"] == "clock_1"


def test_a_list_can_be_narrowed_to_one_customer(stripe: Vendor) -> None:
    customer = stripe.get("/v1/charges", limit=1).json()["data"][0]["customer"]

    mine = pages(stripe, "/v1/charges", limit=100, customer=customer)

    assert mine == [row for row in pages(stripe, "/v1/charges", limit=100) if row["customer"] == customer]


def test_an_invoice_shows_ten_lines_and_its_lines_endpoint_all_of_them(stripe: Vendor) -> None:
    long = next(row for row in pages(stripe, "/v1/invoices", limit=100) if row["lines"]["has_more"])

    lines = pages(stripe, long["lines"]["url"], limit=10)

    assert len(long["lines"]["data"]) == 10 < len(lines)
    assert lines[:10] == long["lines"]["data"]


def test_line_items_of_a_checkout_session_are_only_at_their_own_endpoint(stripe: Vendor) -> None:
    session = stripe.get("/v1/checkout/sessions", limit=1).json()["data"][0]

    lines = stripe.get(f"/v1/checkout/sessions/{session['id']}/line_items").json()

    assert "line_items" not in session
    assert lines["data"]


def test_payment_methods_are_listed_under_their_customer(stripe: Vendor) -> None:
    customer = stripe.get("/v1/customers", limit=1).json()["data"][0]["id"]

    rows = stripe.get(f"/v1/customers/{customer}/payment_methods").json()

    assert rows["url"] == f"/v1/customers/{customer}/payment_methods"
    assert {row["customer"] for row in rows["data"]} == {customer}


def test_refunds_of_a_charge_are_those_of_the_whole_list(stripe: Vendor) -> None:
    refund = stripe.get("/v1/refunds", limit=1).json()["data"][0]

    of_charge = stripe.get(f"/v1/charges/{refund['charge']}/refunds").json()

    assert refund in of_charge["data"]
    assert of_charge["url"].endswith(f"{refund['charge']}/refunds")


def test_answers_are_indented_and_name_the_request_and_the_version(stripe: Vendor) -> None:
    response = stripe.get("/v1/customers", limit=1)

    assert response.text.startswith('{\n  "object": "list"')
    assert response.headers["Request-Id"].startswith("req_")
    assert response.headers["Stripe-Version"] == "2023-08-16"


def test_the_oracle_holds_the_bytes_of_every_listed_row(stripe: Vendor, compact: Callable[[bytes], bytes]) -> None:
    oracle = stripe.oracle("customers")
    listed: dict[str, bytes] = {}
    after: dict[str, str] = {}
    every = {"limit": 100, "expand[]": [f"data.{name}" for name in BY_NAME["customers"].asked]}
    while True:
        answer = stripe.get("/v1/customers", **every, **after).content
        page = msgspec.json.decode(answer, type=dict[str, msgspec.Raw])
        rows = msgspec.json.decode(page["data"], type=list[msgspec.Raw])
        listed |= {json.loads(bytes(row))["id"]: compact(bytes(row)) for row in rows}
        if bytes(page["has_more"]) == b"false":
            break
        after = {"starting_after": json.loads(bytes(rows[-1]))["id"]}

    assert listed == oracle


def test_a_million_customers_cost_nothing_until_they_are_read(stripe: Vendor) -> None:
    stripe.control("accounts", {"sizes": {"*": 0, "customers": 1_000_000}})

    page = stripe.get("/v1/customers", limit=100).json()
    late = stripe.get("/v1/customers", limit=1, **{"created[lt]": 1_700_000_000}).json()["data"][0]

    assert page["has_more"] is True
    assert late["created"] < 1_700_000_000


def test_the_same_seed_gives_the_same_account(stripe: Vendor) -> None:
    first = stripe.oracle("charges")
    stripe.control("accounts", {"seed": 8})
    other = stripe.oracle("charges")
    stripe.control("accounts", {"seed": 7})

    assert stripe.oracle("charges") == first != other


@pytest.mark.parametrize("resource", [each for each in RESOURCES if each.asked], ids=lambda each: each.name)
def test_what_shows_on_request_is_the_same_in_a_list_and_by_id(stripe: Vendor, resource: Resource) -> None:
    plain = stripe.get(f"/v1/{resource.path}", limit=100).json()["data"]
    rows = stripe.get(f"/v1/{resource.path}", limit=100, **{"expand[]": [f"data.{name}" for name in resource.asked]})
    row = next(row for row in rows.json()["data"] if row not in plain)

    one = stripe.get(f"/v1/{resource.path}/{row['id']}", **{"expand[]": list(resource.asked)}).json()

    assert one == row == json.loads(stripe.oracle(resource.name)[row["id"]])
    assert not [name for name in resource.asked if name in row and name in plain[0]]


def test_a_deleted_customer_is_told_whatever_is_to_be_expanded(stripe: Vendor) -> None:
    key = stripe.get("/v1/customers", limit=1).json()["data"][0]["id"]
    stripe.delete(f"/v1/customers/{key}")

    assert stripe.get(f"/v1/customers/{key}", **{"expand[]": ["tax"]}).json()["deleted"] is True


def test_ids_expand_to_objects_and_hidden_lists_show_on_request(stripe: Vendor) -> None:
    charge = stripe.get("/v1/charges", limit=1, **{"expand[]": ["data.customer", "data.payment_intent.customer"]})
    session = stripe.get("/v1/checkout/sessions", limit=1, **{"expand[]": "data.line_items"}).json()["data"][0]
    refused = stripe.get("/v1/charges", limit=1, **{"expand[]": "data.nonsense"})

    row = charge.json()["data"][0]
    assert row["customer"]["object"] == row["payment_intent"]["customer"]["object"] == "customer"
    assert session["line_items"]["data"]
    assert refused.status_code == 400
