"""Stripe's streams of customers, catalogue and billing."""

from datetime import timedelta

from chalicelib.connectors.connector import Stream
from chalicelib.connectors.stripe.streams import CLOCKED, asked, evented, half_listed, listed, nested, owned, types

DAY = timedelta(days=1)
CARDS = "card and bank data can be moved only by Stripe"
ACTIVE_OR_NOT = ({"active": "true"}, {"active": "false"})
ARCHIVED_OR_NOT = ({"archived": "false"}, {"archived": "true"})
INLINE = (
    "Stripe lists none that were made inline, with what they were the price of: of those the ones are read that events "
    "tell of, from 30 days before the first backup on. Deletions are found by events alone."
)
DERIVED = "it comes with its parent"
SUBSCRIBED = "created deleted paused pending_update_applied pending_update_expired resumed trial_will_end updated"
INVOICED = (
    "created deleted finalization_failed finalized marked_uncollectible paid payment_action_required payment_failed "
    "payment_succeeded sent updated voided"
)

CUSTOMERS: tuple[Stream, ...] = (
    evented(
        "customers",
        types("customer", "created updated deleted")
        | types("customer.discount", "created updated deleted", field="customer")
        | types("cash_balance", "funds_available", field="customer")
        | types("customer_cash_balance_transaction", "created", field="customer"),
        expand=("tax", "cash_balance", "invoice_credit_balance"),
        about=CLOCKED,
    ),
    owned(
        "payment_methods",
        "customers",
        "/v1/customers/{parent}/payment_methods",
        types("payment_method", "attached automatically_updated detached updated"),
        parent="customer",
        cannot=CARDS,
    ),
    owned(
        "customer_sources",
        "customers",
        "/v1/customers/{parent}/sources",
        types("customer.source", "created updated deleted expiring"),
        parent="customer",
        cannot=CARDS,
    ),
    owned(
        "tax_ids",
        "customers",
        "/v1/customers/{parent}/tax_ids",
        types("customer.tax_id", "created updated deleted"),
        parent="customer",
    ),
    asked("customer_balance_transactions", "customers", "/v1/customers/{parent}/balance_transactions"),
    asked(
        "customer_cash_balance_transactions",
        "customers",
        "/v1/customers/{parent}/cash_balance_transactions",
        cannot="Stripe records these itself; they cannot be created",
    ),
)

CATALOGUE: tuple[Stream, ...] = (
    evented("products", types("product", "created updated deleted")),
    half_listed(
        "prices",
        types("price", "created updated deleted"),
        lists=ACTIVE_OR_NOT,
        expand=("tiers", "currency_options"),
        about=INLINE,
    ),
    half_listed(
        "plans", types("plan", "created updated deleted"), lists=ACTIVE_OR_NOT, expand=("tiers",), about=INLINE
    ),
    evented("coupons", types("coupon", "created updated deleted"), expand=("applies_to", "currency_options")),
    evented("promotion_codes", types("promotion_code", "created updated")),
    evented("tax_rates", types("tax_rate", "created updated")),
    listed("shipping_rates", expand=("fixed_amount.currency_options",)),
    asked("product_features", "products", "/v1/products/{parent}/features"),
    listed(
        "entitlements_features",
        path="/v1/entitlements/features",
        lists=ARCHIVED_OR_NOT,
        dated=False,
        needs_product=True,
    ),
)

BILLING: tuple[Stream, ...] = (
    evented("subscriptions", types("customer.subscription", SUBSCRIBED), about=CLOCKED, status="all"),
    nested("subscription_items", "subscriptions", "items", "/v1/subscription_items", param="subscription"),
    evented(
        "subscription_schedules",
        types("subscription_schedule", "aborted canceled completed created expiring released updated"),
        about=CLOCKED,
    ),
    evented("invoices", types("invoice", INVOICED), about=CLOCKED),
    nested("invoice_lines", "invoices", "lines", "/v1/invoices/{parent}/lines", cannot=DERIVED),
    evented("invoiceitems", types("invoiceitem", "created deleted"), cursor="date", swept=DAY, about=CLOCKED),
    evented("credit_notes", types("credit_note", "created updated voided"), dated=False),
    nested("credit_note_lines", "credit_notes", "lines", "/v1/credit_notes/{parent}/lines", cannot=DERIVED),
    evented("quotes", types("quote", "accepted canceled created finalized"), dated=False, about=CLOCKED),
    asked("quote_line_items", "quotes", "/v1/quotes/{parent}/line_items"),
    evented("payment_links", types("payment_link", "created updated"), dated=False, cursor=None),
    asked("payment_link_line_items", "payment_links", "/v1/payment_links/{parent}/line_items"),
)
