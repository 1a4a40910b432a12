"""Stripe, payments: https://docs.stripe.com/api.

Requests are authorised with the connection's own token. Stripe would rather have the platform's key with a
Stripe-Account header, but that key opens every connected account: one mistake would mix two customers' data.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.connectors.connector import Connector, Deletes, Limit, Stream
from chalicelib.connectors.stripe.billing import BILLING, CATALOGUE, CUSTOMERS
from chalicelib.connectors.stripe.errors import refusal
from chalicelib.connectors.stripe.lists import one
from chalicelib.connectors.stripe.money import BALANCE, FILES, FRAUD, PAYMENTS, PRODUCTS
from chalicelib.connectors.stripe.oauth import AUTH
from chalicelib.connectors.stripe.streams import SCOPES

VERSION = "2023-08-16"

ACCOUNT = Stream(
    "account",
    full=one("/v1/account"),
    deletes=Deletes("sweep"),
    scopes=SCOPES,
    not_restorable_because="the account itself is set up at Stripe",
)


def headers(tokens: Mapping[str, Any]) -> Mapping[str, str]:
    """Authorise a request, and pin the version in which Stripe answers."""
    return {"Authorization": f"Bearer {tokens['access_token']}", "Stripe-Version": VERSION}


STRIPE = Connector(
    name="stripe",
    title="Stripe",
    category="payments",
    host="https://api.stripe.com",
    hosts=("https://files.stripe.com", "https://connect.stripe.com"),
    auth=AUTH,
    streams=(ACCOUNT, *CUSTOMERS, *CATALOGUE, *BILLING, *PAYMENTS, *BALANCE, *FRAUD, *FILES, *PRODUCTS),
    headers=headers,
    refusal=refusal,
    limits={"default": Limit(100, 1), "files": Limit(20, 1)},
    docs="https://docs.stripe.com/api",
)
