"""The collections beside payments: issued cards, terminals, the portal, webhooks, connected accounts."""

from sandbox.stripe import connect, fittings, issuing
from sandbox.stripe.resource import Resource

CARD = {"card": "issuing_cards"}
CARDHOLDER = {"cardholder": "issuing_cardholders"}
OF_ACCOUNT = {"account": "accounts"}

PRODUCTS = (
    Resource(
        "issuing_cardholders", "issuing/cardholders", "issuing.cardholder", "ich", issuing.cardholder, 8,
        ("issuing_cardholder.created", "issuing_cardholder.updated", ""),
        filters=("email", "phone_number", "status", "type"), creatable=False, changeable=False,
    ),
    Resource(
        "issuing_cards", "issuing/cards", "issuing.card", "ic", issuing.card, 12,
        ("issuing_card.created", "issuing_card.updated", ""),
        filters=("cardholder", "exp_month", "exp_year", "last4", "status", "type"), owners=CARDHOLDER,
        creatable=False, changeable=False,
    ),
    Resource(
        "issuing_authorizations", "issuing/authorizations", "issuing.authorization", "iauth", issuing.authorization,
        25, ("issuing_authorization.created", "issuing_authorization.updated", ""),
        filters=("card", "cardholder", "status"), owners=CARD, creatable=False,
    ),
    Resource(
        "issuing_transactions", "issuing/transactions", "issuing.transaction", "ipi", issuing.transaction, 25,
        ("issuing_transaction.created", "issuing_transaction.updated", ""),
        filters=("card", "cardholder", "type"), owners=CARD, creatable=False,
    ),
    Resource(
        "issuing_disputes", "issuing/disputes", "issuing.dispute", "idp", issuing.dispute, 4,
        ("issuing_dispute.created", "issuing_dispute.updated", ""), filters=("status", "transaction"),
        owners={"transaction": "issuing_transactions"}, creatable=False, changeable=False,
    ),
    Resource(
        "terminal_locations", "terminal/locations", "terminal.location", "tml", fittings.location, 4,
        created_filter=False, deletable=True, remembered=True,
    ),
    Resource(
        "terminal_readers", "terminal/readers", "terminal.reader", "tmr", fittings.reader, 6, created_filter=False,
        filters=("device_type", "location", "serial_number", "status"), owners={"location": "terminal_locations"},
        creatable=False, deletable=True, remembered=True,
    ),
    Resource(
        "billing_portal_configurations", "billing_portal/configurations", "billing_portal.configuration", "bpc",
        fittings.portal_configuration, 3,
        ("billing_portal.configuration.created", "billing_portal.configuration.updated", ""), created_filter=False,
        filters=("active", "is_default"), creatable=False, changeable=False,
    ),
    Resource(
        "webhook_endpoints", "webhook_endpoints", "webhook_endpoint", "we", fittings.webhook_endpoint, 3,
        created_filter=False, creatable=False, changeable=False, deletable=True,
    ),
    Resource(
        "tax_registrations", "tax/registrations", "tax.registration", "taxreg", fittings.tax_registration, 4,
        created_filter=False, creatable=False, changeable=False,
    ),
    Resource(
        "entitlements_features", "entitlements/features", "entitlements.feature", "feat_test", fittings.feature, 6,
        created_filter=False, filters=("archived", "lookup_key"), unasked={"archived": "false"}, own=("archived",),
        creatable=False, changeable=False,
    ),
    Resource(
        "product_features", "products/{parent}/features", "product_feature", "prodft", fittings.product_feature, 30,
        created_filter=False, parent="products", parent_field="product", owners={"product": "products"},
        own=("product",), creatable=False, changeable=False, deletable=True,
    ),
    # What happens in a connected account is told in that account's own events.
    Resource(
        "accounts", "accounts", "account", "acct", connect.account, 5, length=16, creatable=False, changeable=False,
        deletable=True,
    ),
    Resource(
        "account_persons", "accounts/{parent}/persons", "person", "person", connect.person, 8, created_filter=False,
        parent="accounts", parent_field="account", owners=OF_ACCOUNT, creatable=False, changeable=False,
        deletable=True,
    ),
    Resource(
        "account_external_accounts", "accounts/{parent}/external_accounts", "bank_account", "ba",
        connect.bank_account, 6, created_filter=False, parent="accounts", parent_field="account", owners=OF_ACCOUNT,
        creatable=False, changeable=False, deletable=True,
    ),
)  # fmt: skip
