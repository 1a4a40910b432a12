"""Stripe's streams of money that moved, and of what guards it."""

from chalicelib.connectors.connector import Children, Content, Deletes, Request, Stream
from chalicelib.connectors.lines import value
from chalicelib.connectors.stripe.lists import created_since, everything, one, optional, per_parent
from chalicelib.connectors.stripe.streams import (
    MONEY,
    OPENED,
    SCOPES,
    WEEK,
    asked,
    evented,
    half_listed,
    ledger,
    listed,
    nested,
    types,
)

INTENDED = (
    "amount_capturable_updated canceled created partially_funded payment_failed processing requires_action succeeded"
)
DISPUTED = "created updated closed funds_reinstated funds_withdrawn"

PAYMENTS: tuple[Stream, ...] = (
    evented(
        "charges",
        types("charge", "captured expired failed pending refunded succeeded updated")
        | types("charge.refund", "updated", field="charge")
        | types("charge.dispute", DISPUTED, field="charge"),
        cannot=MONEY,
    ),
    evented("payment_intents", types("payment_intent", INTENDED), cannot=MONEY),
    evented(
        "setup_intents", types("setup_intent", "canceled created requires_action setup_failed succeeded"), cannot=MONEY
    ),
    asked("setup_attempts", "setup_intents", "/v1/setup_attempts", param="setup_intent", cannot=MONEY),
    evented("refunds", types("refund", "created updated") | types("charge.refund", "updated"), cannot=MONEY),
    evented("disputes", types("charge.dispute", DISPUTED), cannot=MONEY),
    evented(
        "checkout_sessions",
        types("checkout.session", "async_payment_failed async_payment_succeeded completed expired"),
        path="/v1/checkout/sessions",
        dated=False,
        cannot=MONEY,
    ),
    asked(
        "checkout_session_line_items", "checkout_sessions", "/v1/checkout/sessions/{parent}/line_items", cannot=MONEY
    ),
)

BALANCE: tuple[Stream, ...] = (
    ledger("balance_transactions"),
    evented("payouts", types("payout", "canceled created failed paid updated"), cannot=MONEY),
    evented("topups", types("topup", "canceled created failed reversed succeeded"), cannot=MONEY),
    evented("transfers", types("transfer", "created reversed updated"), cannot=MONEY),
    nested("transfer_reversals", "transfers", "reversals", "/v1/transfers/{parent}/reversals", cannot=MONEY),
    evented(
        "application_fees",
        types("application_fee", "created refunded") | types("application_fee.refund", "updated", field="fee"),
        cannot=MONEY,
    ),
    nested(
        "application_fee_refunds", "application_fees", "refunds", "/v1/application_fees/{parent}/refunds", cannot=MONEY
    ),
)

FRAUD: tuple[Stream, ...] = (
    half_listed(
        "reviews",
        types("review", "opened closed"),
        cannot=MONEY,
        about="Stripe lists open reviews only: of the closed ones those are read that were closed no more than 30 days "
        "before the first backup, and all since.",
    ),
    evented(
        "early_fraud_warnings",
        types("radar.early_fraud_warning", "created updated"),
        path="/v1/radar/early_fraud_warnings",
        dated=False,
        cannot=MONEY,
    ),
    listed("radar_value_lists", path="/v1/radar/value_lists"),
    Stream(
        "radar_value_list_items",
        full=per_parent("/v1/radar/value_list_items", "value_list"),
        deletes=Deletes("sweep"),
        cursor="created",
        children=Children("radar_value_lists", when="always"),
        scopes=SCOPES,
        restorable=True,
    ),
)


def _contents(line: bytes) -> Request:
    return Request(f"/v1/files/{value(line, 'id')}/contents", host="https://files.stripe.com", limit="files")


def _fingerprint(line: bytes) -> str | None:
    """Name a file's contents: a file of Stripe never changes, and some cannot be had."""
    return str(value(line, "id")) if value(line, "url") else None


FILES: tuple[Stream, ...] = (
    Stream(
        "files",
        full=everything("/v1/files"),
        changes=created_since("/v1/files"),
        deletes=Deletes("sweep", WEEK),
        cursor="created",
        window=OPENED,
        content=Content(_fingerprint, lambda _fetch, line: _contents(line), size=lambda line: value(line, "size")),
        scopes=SCOPES,
        restorable=True,
    ),
    listed("file_links"),
    Stream(
        "events",
        full=everything("/v1/events"),
        changes=created_since("/v1/events"),
        deletes=Deletes("never"),
        cursor="created",
        scopes=SCOPES,
        not_restorable_because="events are Stripe's own record of what happened",
        about="Stripe keeps events for 30 days; what was backed up of them stays.",
    ),
)

_ISSUING = {"issuing_cards": "cards", "issuing_cardholders": "cardholders"} | {
    "issuing_authorizations": "authorizations",
    "issuing_transactions": "transactions",
    "issuing_disputes": "disputes",
}

PRODUCTS: tuple[Stream, ...] = (
    *(listed(name, path=f"/v1/issuing/{part}", cannot=MONEY, needs_product=True) for name, part in _ISSUING.items()),
    listed("terminal_locations", path="/v1/terminal/locations", dated=False, needs_product=True),
    listed(
        "terminal_readers",
        path="/v1/terminal/readers",
        dated=False,
        needs_product=True,
        cannot="readers are registered by hand",
    ),
    listed("billing_portal_configurations", path="/v1/billing_portal/configurations", needs_product=True),
    listed("webhook_endpoints", needs_product=True),
    Stream(
        "tax_settings",
        full=optional(one("/v1/tax/settings")),
        deletes=Deletes("sweep"),
        key="object",
        scopes=SCOPES,
        restorable=True,
        about="There is one, which has no id.",
    ),
    listed(
        "tax_registrations",
        path="/v1/tax/registrations",
        lists=({"status": "all"},),
        dated=False,
        needs_product=True,
        cannot="where tax is collected is for the account's owner to say",
    ),
    listed("accounts", needs_product=True, cannot="connected accounts sign up themselves"),
    Stream(
        "account_persons",
        full=optional(per_parent("/v1/accounts/{parent}/persons")),
        deletes=Deletes("sweep"),
        children=Children("accounts", when="always"),
        scopes=SCOPES,
        not_restorable_because="connected accounts sign up themselves",
    ),
    nested(
        "account_external_accounts",
        "accounts",
        "external_accounts",
        "/v1/accounts/{parent}/external_accounts",
        cannot="bank data is entered by its owner",
    ),
)
