"""The collections beside payments, and those under a customer that are older than payment methods."""

import json
from typing import Any

import pytest

from sandbox.stripe.catalog import BY_NAME, RESOURCES
from sandbox.stripe.products import PRODUCTS
from tests.sandbox.conftest import Vendor

from .test_stripe_lists import pages

BESIDE = ["customer_sources", "customer_cash_balance_transactions", "setup_attempts", "early_fraud_warnings"]
NAMES = [*BESIDE, *(resource.name for resource in PRODUCTS)]


def listed(stripe: Vendor, name: str) -> dict[str, dict[str, Any]]:
    """Return every row of a collection by its id, as the list endpoints give it."""
    resource = BY_NAME[name]
    rows = [json.loads(line) for line in stripe.oracle(name).values()]
    if resource.needs:
        asked = {row[resource.needs] for row in rows}
        found = [row for key in asked for row in pages(stripe, f"/v1/{resource.path}", **{resource.needs: key})]
    elif resource.parent:
        owners = set(stripe.parents(name).values())
        found = [row for key in owners for row in pages(stripe, "/v1/" + resource.path.replace("{parent}", key))]
    else:
        found = pages(stripe, f"/v1/{resource.path}", limit=3)
        for one in resource.unasked:
            found += pages(stripe, f"/v1/{resource.path}", **{one: "true"})
    return {row["id"]: row for row in found}


@pytest.mark.parametrize("name", NAMES)
def test_lists_hold_what_the_oracle_holds_through_every_change(stripe: Vendor, name: str) -> None:
    stripe.settings(limit={"requests": 0})
    stripe.control(f"{name}/create", {"count": 2})
    stripe.control(f"{name}/change", {"first": 1})
    stripe.control(f"{name}/delete", {"first": 0})

    rows = listed(stripe, name)

    assert len(rows) == BY_NAME[name].size + 1
    assert rows == {key: json.loads(line) for key, line in stripe.oracle(name).items()}


@pytest.mark.parametrize("name", [resource.name for resource in RESOURCES if resource.needs])
def test_a_list_that_needs_a_parameter_is_refused_without_it(stripe: Vendor, name: str) -> None:
    refused = stripe.get(f"/v1/{BY_NAME[name].path}")

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, BY_NAME[name].needs)


def test_a_new_attempt_changes_its_setup_intent_and_is_told_by_an_event(stripe: Vendor) -> None:
    attempt = stripe.control("setup_attempts/create")["keys"][0]

    event = stripe.get("/v1/events", type="setup_intent.succeeded").json()["data"][0]

    intent = stripe.get(f"/v1/setup_intents/{event['data']['object']['id']}").json()
    assert intent["latest_attempt"] == attempt
    assert attempt in {row["id"] for row in pages(stripe, "/v1/setup_attempts", setup_intent=intent["id"])}


def test_a_customers_cards_go_with_the_customer(stripe: Vendor) -> None:
    owner = json.loads(next(iter(stripe.oracle("customer_sources").values())))["customer"]

    stripe.delete(f"/v1/customers/{owner}")

    assert stripe.get(f"/v1/customers/{owner}/sources").status_code == 404
    assert owner not in {json.loads(line)["customer"] for line in stripe.oracle("customer_sources").values()}


def test_a_deleted_card_is_told_by_an_event(stripe: Vendor) -> None:
    key, line = next(iter(stripe.oracle("customer_sources").items()))
    owner = json.loads(line)["customer"]

    stripe.delete(f"/v1/customers/{owner}/sources/{key}")

    event = stripe.get("/v1/events", type="customer.source.deleted").json()["data"][0]
    assert event["data"]["object"]["id"] == key


def test_purchases_can_be_narrowed_to_one_issued_card(stripe: Vendor) -> None:
    card = pages(stripe, "/v1/issuing/authorizations")[0]["card"]["id"]

    mine = pages(stripe, "/v1/issuing/authorizations", card=card)

    assert mine == [row for row in pages(stripe, "/v1/issuing/authorizations") if row["card"]["id"] == card]


def test_a_deleted_terminal_still_says_that_it_is_deleted(stripe: Vendor) -> None:
    key = stripe.get("/v1/terminal/readers").json()["data"][0]["id"]

    stripe.delete(f"/v1/terminal/readers/{key}")

    assert stripe.get(f"/v1/terminal/readers/{key}").json() == {"id": key, "object": "terminal.reader", "deleted": True}


def test_a_location_is_made_and_changed_by_the_parameters_the_vendor_takes(stripe: Vendor) -> None:
    address = {"address[line1]": "1 Main St", "address[country]": "US", "address[city]": "Reno"}
    key = stripe.post("/v1/terminal/locations", data={"display_name": "Shop", **address}).json()["id"]

    stripe.post(f"/v1/terminal/locations/{key}", data={"metadata[floor]": "2"})

    row = json.loads(stripe.oracle("terminal_locations")[key])
    assert (row["display_name"], row["address"]["city"], row["metadata"]) == ("Shop", "Reno", {"floor": "2"})


def test_the_own_account_is_found_beside_the_connected_ones(stripe: Vendor) -> None:
    connected = stripe.get("/v1/accounts", limit=1).json()["data"][0]
    own = stripe.get("/v1/account").json()

    assert stripe.get(f"/v1/accounts/{own['id']}").json() == own
    assert stripe.get(f"/v1/accounts/{connected['id']}").json() == connected
    assert own["id"] not in stripe.oracle("accounts")
