from typing import Any

import requests

from sandbox import Sandbox
from tests.sandbox.conftest import Control, Vendor

DAY = 86_400


def events(stripe: Vendor, **args: Any) -> list[str]:
    return [event["type"] for event in stripe.get("/v1/events", limit=100, **args).json()["data"]]


def test_every_change_writes_an_event_newest_first(stripe: Vendor) -> None:
    key = stripe.post("/v1/customers", data={"name": "Ann"}).json()["id"]
    stripe.post(f"/v1/customers/{key}", data={"name": "Bea"})
    stripe.delete(f"/v1/customers/{key}")

    assert events(stripe) == ["customer.deleted", "customer.updated", "customer.created"]


def test_an_event_holds_the_object_and_what_it_was_before(stripe: Vendor) -> None:
    key = stripe.post("/v1/customers", data={"name": "Ann"}).json()["id"]
    stripe.post(f"/v1/customers/{key}", data={"name": "Bea"})

    data = stripe.get("/v1/events", type="customer.updated").json()["data"][0]["data"]

    assert data["object"]["name"] == "Bea"
    assert data["previous_attributes"] == {"name": "Ann"}


def test_events_are_gone_after_thirty_days(stripe: Vendor, control: Control) -> None:
    stripe.post("/v1/customers", data={"name": "Ann"})

    control("POST", "/clock", {"advance": 31 * DAY})

    assert events(stripe) == []


def test_events_can_be_asked_for_by_twenty_types_and_no_more(stripe: Vendor) -> None:
    stripe.post("/v1/products", data={"name": "Plan"})
    stripe.post("/v1/customers", data={"name": "Ann"})

    assert events(stripe, **{"types[]": ["product.created"]}) == ["product.created"]
    assert stripe.get("/v1/events", **{"types[]": [f"x.{n}" for n in range(21)]}).status_code == 400


def test_a_deleted_customer_is_read_as_deleted_and_listed_no_more(stripe: Vendor) -> None:
    key = stripe.get("/v1/customers", limit=1).json()["data"][0]["id"]

    stripe.delete(f"/v1/customers/{key}")

    assert stripe.get(f"/v1/customers/{key}").json() == {"id": key, "object": "customer", "deleted": True}
    assert key not in stripe.oracle("customers")
    assert stripe.get(f"/v1/customers/{key}/payment_methods").status_code == 404


def test_payment_methods_go_with_their_customer(stripe: Vendor) -> None:
    method = stripe.get("/v1/payment_methods", limit=1).json()["data"][0]

    stripe.delete(f"/v1/customers/{method['customer']}")

    assert method["id"] not in stripe.oracle("payment_methods")


def test_other_deleted_things_are_missing(stripe: Vendor) -> None:
    key = stripe.get("/v1/coupons", limit=1).json()["data"][0]["id"]

    stripe.delete(f"/v1/coupons/{key}")

    missing = stripe.get(f"/v1/coupons/{key}")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "resource_missing")


def test_canceling_a_subscription_keeps_it_and_says_deleted(stripe: Vendor) -> None:
    key = stripe.get("/v1/subscriptions", limit=1, status="active").json()["data"][0]["id"]

    canceled = stripe.delete(f"/v1/subscriptions/{key}").json()

    assert canceled["status"] == "canceled"
    assert events(stripe) == ["customer.subscription.deleted"]
    assert key in stripe.oracle("subscriptions")


def test_metadata_is_merged_and_emptied_key_by_key(stripe: Vendor) -> None:
    key = stripe.post("/v1/customers", data={"metadata[a]": "1", "metadata[b]": "2"}).json()["id"]

    changed = stripe.post(f"/v1/customers/{key}", data={"metadata[a]": "", "metadata[c]": "3"}).json()

    assert changed["metadata"] == {"b": "2", "c": "3"}


def test_unknown_missing_and_malformed_parameters_are_refused(stripe: Vendor) -> None:
    codes = [
        stripe.post(path, data=data).json()["error"]["code"]
        for path, data in (
            ("/v1/customers", {"colour": "red"}),
            ("/v1/prices", {"unit_amount": "5"}),
            ("/v1/prices", {"currency": "usd", "unit_amount": "five"}),
        )
    ]

    assert codes == ["parameter_unknown", "parameter_missing", "parameter_invalid_integer"]


def test_a_subscription_is_created_with_its_items(stripe: Vendor) -> None:
    customer = stripe.post("/v1/customers", data={"name": "Ann"}).json()["id"]
    price = stripe.get("/v1/prices", limit=1).json()["data"][0]["id"]

    made = stripe.post("/v1/subscriptions", data={"customer": customer, "items[0][price]": price}).json()

    items = stripe.get("/v1/subscription_items", subscription=made["id"]).json()["data"]
    assert [item["price"]["id"] for item in items] == [price]
    assert made["status"] == "active"


def test_an_invoice_takes_up_the_pending_items_and_can_be_paid(stripe: Vendor) -> None:
    customer = stripe.post("/v1/customers", data={"name": "Ann"}).json()["id"]
    stripe.post("/v1/invoiceitems", data={"customer": customer, "amount": "700", "currency": "usd"})
    draft = stripe.post("/v1/invoices", data={"customer": customer}).json()

    stripe.post(f"/v1/invoices/{draft['id']}/finalize")
    paid = stripe.post(f"/v1/invoices/{draft['id']}/pay").json()

    assert (draft["status"], draft["total"], len(draft["lines"]["data"])) == ("draft", 700, 1)
    assert (paid["status"], paid["amount_paid"]) == ("paid", 700)
    assert "invoice.paid" in events(stripe)


def test_a_refund_changes_its_charge(stripe: Vendor) -> None:
    charge = stripe.get("/v1/charges", limit=1).json()["data"][0]

    stripe.post("/v1/refunds", data={"charge": charge["id"], "amount": "1"})

    after = stripe.get(f"/v1/charges/{charge['id']}").json()
    assert after["amount_refunded"] == charge["amount_refunded"] + 1


def test_a_payment_method_is_attached_and_detached(stripe: Vendor) -> None:
    customer = stripe.post("/v1/customers", data={"name": "Ann"}).json()["id"]
    method = stripe.post("/v1/payment_methods", data={"type": "card"}).json()["id"]

    stripe.post(f"/v1/payment_methods/{method}/attach", data={"customer": customer})
    attached = stripe.get(f"/v1/customers/{customer}/payment_methods").json()["data"]
    stripe.post(f"/v1/payment_methods/{method}/detach")

    assert [row["id"] for row in attached] == [method]
    assert stripe.get(f"/v1/customers/{customer}/payment_methods").json()["data"] == []


def test_an_idempotency_key_creates_once(stripe: Vendor, http: requests.Session) -> None:
    headers = {**stripe.headers, "Idempotency-Key": "k1"}

    first = http.post(f"{stripe.url}/v1/customers", headers=headers, data={"name": "Ann"})
    again = http.post(f"{stripe.url}/v1/customers", headers=headers, data={"name": "Ann"})
    other = http.post(f"{stripe.url}/v1/customers", headers=headers, data={"name": "Bea"})

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.json()["error"]["type"] == "idempotency_error"


def test_only_products_plans_and_coupons_take_ids_of_the_creators_choice(stripe: Vendor) -> None:
    assert stripe.post("/v1/coupons", data={"id": "SAVE10", "percent_off": "10"}).json()["id"] == "SAVE10"
    assert stripe.get("/v1/coupons/SAVE10").json()["percent_off"] == 10
    assert stripe.post("/v1/customers", data={"id": "cus_mine"}).status_code == 400


def test_a_read_only_token_cannot_write(stripe: Vendor) -> None:
    stripe.token = stripe.control("tokens", {"scopes": ["read_only"]})["access_token"]

    assert stripe.post("/v1/customers", data={"name": "Ann"}).status_code == 403


def test_contents_of_a_file_have_its_size_and_uploads_come_back(
    stripe: Vendor, http: requests.Session, sandbox: Sandbox
) -> None:
    seeded = stripe.get("/v1/files", limit=1).json()["data"][0]
    body = http.get(seeded["url"], headers=stripe.headers).content

    files = f"{sandbox.url}/files.stripe.com/v1/files"
    parts: dict[str, tuple[str | None, str | bytes]] = {
        "file": ("a.pdf", b"hello"),
        "purpose": (None, "dispute_evidence"),
    }
    uploaded = http.post(files, headers=stripe.headers, files=parts).json()

    assert len(body) == seeded["size"]
    assert seeded["url"].startswith(f"{sandbox.url}/files.stripe.com/")
    assert http.get(uploaded["url"], headers=stripe.headers).content == b"hello"


def test_a_transfer_is_reversed_in_parts_and_not_beyond_its_amount(stripe: Vendor) -> None:
    transfer = stripe.post(
        "/v1/transfers", data={"amount": "100", "currency": "usd", "destination": "acct_other"}
    ).json()
    path = f"/v1/transfers/{transfer['id']}/reversals"

    stripe.post(path, data={"amount": "40"})
    refused = stripe.post(path, data={"amount": "70"})
    stripe.post(path)

    after = stripe.get(f"/v1/transfers/{transfer['id']}").json()
    assert refused.status_code == 400
    assert (after["amount_reversed"], after["reversed"]) == (100, True)
    assert [row["amount"] for row in stripe.get(path).json()["data"]] == [60, 40]
