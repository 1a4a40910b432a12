"""Every collection of the API; those of the products beside payments stand in products.py."""

from operator import itemgetter

from sandbox.stripe import billing, goods, money, people, shelves
from sandbox.stripe.products import PRODUCTS
from sandbox.stripe.resource import CUSTOMER, Resource, events

PAYMENTS = (
    Resource(
        "customers", "customers", "customer", "cus", people.customer, 250, events("customer"), 14,
        filters=("email", "test_clock"), asked=("tax", "cash_balance", "invoice_credit_balance"),
        deletable=True, remembered=True,
    ),
    Resource(
        "payment_methods", "customers/{parent}/payment_methods", "payment_method", "pm", people.payment_method, 300,
        ("payment_method.attached", "payment_method.updated", "payment_method.detached"), created_filter=False,
        filters=("type",), parent="customers", parent_field="customer", owners=CUSTOMER, creatable=False,
        changeable=False,
    ),
    Resource(
        "tax_ids", "customers/{parent}/tax_ids", "tax_id", "txi", people.tax_id, 60, events("customer.tax_id"),
        created_filter=False, parent="customers", parent_field="customer", owners=CUSTOMER, changeable=False,
        deletable=True,
    ),
    Resource(
        "customer_balance_transactions", "customers/{parent}/balance_transactions", "customer_balance_transaction",
        "cbtxn", people.customer_balance_transaction, 80, created_filter=False, parent="customers",
        parent_field="customer", owners=CUSTOMER,
    ),
    Resource(
        "customer_sources", "customers/{parent}/sources", "card", "card", people.card_source, 60,
        events("customer.source"), created_filter=False, filters=("object",), parent="customers",
        parent_field="customer", owners=CUSTOMER, creatable=False, changeable=False, deletable=True,
    ),
    Resource(
        "customer_cash_balance_transactions", "customers/{parent}/cash_balance_transactions",
        "customer_cash_balance_transaction", "ccsbtxn", people.cash_balance_transaction, 40,
        ("customer_cash_balance_transaction.created", "", ""), created_filter=False, parent="customers",
        parent_field="customer", owners=CUSTOMER, creatable=False, changeable=False,
    ),
    Resource(
        "products", "products", "product", "prod", goods.product, 40, events("product"), 14,
        filters=("active", "shippable", "url"), deletable=True, own_ids=True,
    ),
    Resource(
        "prices", "prices", "price", "price", goods.price, 70, events("price"),
        filters=("active", "currency", "product", "type"), owners={"product": "products"}, unasked={"active": "true"},
        asked=("tiers", "currency_options"), own=("inline",), listed=lambda price: not price.get("inline"),
    ),
    Resource(
        "plans", "plans", "plan", "plan", goods.plan, 12, events("plan"), filters=("active", "product"),
        asked=("tiers",), owners={"product": "products"}, deletable=True, own_ids=True,
    ),
    Resource(
        "coupons", "coupons", "coupon", "co", goods.coupon, 15, events("coupon"), 8,
        asked=("applies_to", "currency_options"), deletable=True, own_ids=True,
    ),
    Resource(
        "promotion_codes", "promotion_codes", "promotion_code", "promo", goods.promotion_code, 25,
        ("promotion_code.created", "promotion_code.updated", ""), filters=("active", "code", "coupon", "customer"),
    ),
    Resource(
        "tax_rates", "tax_rates", "tax_rate", "txr", goods.tax_rate, 8,
        ("tax_rate.created", "tax_rate.updated", ""), filters=("active", "inclusive"),
    ),
    Resource(
        "shipping_rates", "shipping_rates", "shipping_rate", "shr", goods.shipping_rate, 6,
        filters=("active", "currency"), asked=("fixed_amount.currency_options",),
    ),
    Resource(
        "subscriptions", "subscriptions", "subscription", "sub", billing.subscription, 120,
        events("customer.subscription"), filters=("collection_method", "customer", "test_clock"), owners=CUSTOMER,
        nested=("items",),
    ),
    Resource(
        "invoices", "invoices", "invoice", "in", billing.invoice, 200, events("invoice"),
        filters=("collection_method", "customer", "status", "subscription"), owners=CUSTOMER, nested=("lines",),
        deletable=True,
    ),
    Resource(
        "invoiceitems", "invoiceitems", "invoiceitem", "ii", billing.invoiceitem, 90,
        ("invoiceitem.created", "", "invoiceitem.deleted"), filters=("customer", "invoice"), owners=CUSTOMER,
        deletable=True,
    ),
    Resource(
        "credit_notes", "credit_notes", "credit_note", "cn", billing.credit_note, 20,
        ("credit_note.created", "credit_note.updated", ""), created_filter=False, filters=("customer", "invoice"),
        owners={"invoice": "invoices"}, nested=("lines",),
    ),
    Resource(
        "quotes", "quotes", "quote", "qt", billing.quote, 15, ("quote.created", "quote.finalized", ""),
        created_filter=False, filters=("customer", "status", "test_clock"), owners=CUSTOMER, hidden=("line_items",),
    ),
    Resource(
        "subscription_schedules", "subscription_schedules", "subscription_schedule", "sub_sched",
        billing.subscription_schedule, 10, ("subscription_schedule.created", "subscription_schedule.updated", ""),
        filters=("customer",), owners=CUSTOMER,
    ),
    Resource(
        "charges", "charges", "charge", "ch", money.charge, 300, ("charge.succeeded", "charge.updated", ""),
        filters=("customer", "payment_intent", "transfer_group"),
        owners=CUSTOMER | {"payment_intent": "payment_intents"},
    ),
    Resource(
        "payment_intents", "payment_intents", "payment_intent", "pi", money.payment_intent, 300,
        ("payment_intent.created", "payment_intent.succeeded", ""), filters=("customer",), owners=CUSTOMER,
    ),
    Resource(
        "setup_intents", "setup_intents", "setup_intent", "seti", money.setup_intent, 30,
        ("setup_intent.created", "setup_intent.succeeded", ""), filters=("customer", "payment_method"),
        owners=CUSTOMER,
    ),
    Resource(
        "setup_attempts", "setup_attempts", "setup_attempt", "setatt", money.setup_attempt, 45, needs="setup_intent",
        renews="latest_attempt", filters=("setup_intent",), owners={"setup_intent": "setup_intents"}, creatable=False,
        changeable=False,
    ),
    Resource(
        "refunds", "refunds", "refund", "re", money.refund, 60, ("refund.created", "refund.updated", ""),
        filters=("charge", "payment_intent"), owners={"charge": "charges"},
    ),
    Resource(
        "balance_transactions", "balance_transactions", "balance_transaction", "txn", money.balance_transaction, 400,
        filters=("currency", "source", "type"), creatable=False, changeable=False,
    ),
    Resource(
        "payouts", "payouts", "payout", "po", money.payout, 40, ("payout.created", "payout.updated", ""),
        filters=("destination", "status"),
    ),
    Resource(
        "disputes", "disputes", "dispute", "dp", money.dispute, 12,
        ("charge.dispute.created", "charge.dispute.updated", ""), filters=("charge", "payment_intent"),
        owners={"charge": "charges"}, creatable=False,
    ),
    Resource(
        "transfers", "transfers", "transfer", "tr", money.transfer, 30, ("transfer.created", "transfer.updated", ""),
        filters=("destination", "transfer_group"), nested=("reversals",),
    ),
    Resource(
        "topups", "topups", "topup", "tu", money.topup, 10, ("topup.created", "topup.succeeded", ""),
        filters=("status",),
    ),
    Resource(
        "application_fees", "application_fees", "application_fee", "fee", money.application_fee, 20,
        ("application_fee.created", "application_fee.refunded", ""), filters=("charge",),
        owners={"charge": "charges"}, nested=("refunds",), creatable=False, changeable=False,
    ),
    Resource(
        "reviews", "reviews", "review", "prv", money.review, 8, ("review.opened", "review.closed", ""),
        owners={"charge": "charges"}, listed=itemgetter("open"), creatable=False, changeable=False,
    ),
    Resource(
        "checkout_sessions", "checkout/sessions", "checkout.session", "cs_test", shelves.checkout_session, 40,
        ("checkout.session.completed", "checkout.session.expired", ""), 58, created_filter=False,
        filters=("customer", "payment_intent", "payment_link", "subscription"), owners=CUSTOMER,
        hidden=("line_items",), changeable=False,
    ),
    Resource(
        "payment_links", "payment_links", "payment_link", "plink", shelves.payment_link, 10,
        ("payment_link.created", "payment_link.updated", ""), created_filter=False, filters=("active",),
        hidden=("line_items",),
    ),
    Resource(
        "files", "files", "file", "file", shelves.file, 25, ("file.created", "", ""), filters=("purpose",),
        creatable=False, changeable=False,
    ),
    Resource(
        "file_links", "file_links", "file_link", "link", shelves.file_link, 10, filters=("expired", "file"),
        owners={"file": "files"},
    ),
    Resource(
        "early_fraud_warnings", "radar/early_fraud_warnings", "radar.early_fraud_warning", "issfr",
        money.early_fraud_warning, 6,
        ("radar.early_fraud_warning.created", "radar.early_fraud_warning.updated", ""), created_filter=False,
        filters=("charge", "payment_intent"), owners={"charge": "charges"}, creatable=False, changeable=False,
    ),
    Resource(
        "radar_value_lists", "radar/value_lists", "radar.value_list", "rsl", shelves.value_list, 4,
        filters=("alias",), nested=("list_items",), deletable=True,
    ),
    Resource(
        "radar_value_list_items", "radar/value_list_items", "radar.value_list_item", "rsli", shelves.value_list_item,
        60, filters=("value", "value_list"), needs="value_list",
        owners={"value_list": "radar_value_lists"}, changeable=False, deletable=True,
    ),
)  # fmt: skip

RESOURCES = PAYMENTS + PRODUCTS
BY_NAME = {resource.name: resource for resource in RESOURCES}
PARTS = {  # lists inside records that have an endpoint of their own
    "invoice_lines": ("invoices", "lines", "invoices/{id}/lines"),
    "credit_note_lines": ("credit_notes", "lines", "credit_notes/{id}/lines"),
    "subscription_items": ("subscriptions", "items", "subscription_items"),
    "quote_line_items": ("quotes", "line_items", "quotes/{id}/line_items"),
    "transfer_reversals": ("transfers", "reversals", "transfers/{id}/reversals"),
    "application_fee_refunds": ("application_fees", "refunds", "application_fees/{id}/refunds"),
    "checkout_session_line_items": ("checkout_sessions", "line_items", "checkout/sessions/{id}/line_items"),
    "payment_link_line_items": ("payment_links", "line_items", "payment_links/{id}/line_items"),
}
