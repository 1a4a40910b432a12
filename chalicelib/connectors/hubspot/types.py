"""HubSpot's object types: the scope each needs, and what of it cannot be made again."""

from dataclasses import dataclass

CONTACTS = "crm.objects.contacts.read"
LINE_ITEMS = "crm.objects.line_items.read"


@dataclass(frozen=True, slots=True)
class Type:
    """`scope` reads it; `near` are the types its objects' associations are read to; `cannot` says why no restore."""

    scope: str
    near: tuple[str, ...] = ()
    cannot: str = ""


PARTIES = ("contacts", "companies", "deals", "tickets")
SALE = ("contacts", "companies", "deals", "line_items")
BILLED = (*SALE, "invoices")
ENGAGEMENT = Type(CONTACTS, PARTIES)

TYPES: dict[str, Type] = {
    "contacts": Type(CONTACTS, ("companies", "contacts")),
    "companies": Type("crm.objects.companies.read", ("companies",)),
    "deals": Type("crm.objects.deals.read", ("contacts", "companies", "deals")),
    "tickets": Type("tickets", ("contacts", "companies", "deals", "tickets")),
    "products": Type("e-commerce", ("deals",)),
    "line_items": Type(LINE_ITEMS, ("deals",)),
    "quotes": Type("crm.objects.quotes.read", SALE),
    "leads": Type("crm.objects.leads.read", ("contacts", "companies", "deals")),
    "orders": Type("crm.objects.orders.read", BILLED),
    "carts": Type("crm.objects.carts.read", SALE),
    "invoices": Type("crm.objects.invoices.read", SALE),
    "subscriptions": Type("crm.objects.subscriptions.read", BILLED),
    "commerce_payments": Type("crm.objects.commercepayments.read", BILLED, "payments are HubSpot's own record"),
    "discounts": Type(LINE_ITEMS, ("quotes", "line_items")),
    "fees": Type(LINE_ITEMS, ("quotes",)),
    "taxes": Type(LINE_ITEMS, ("quotes",)),
    "users": Type("crm.objects.users.read", cannot="users join by invitation"),
    "goal_targets": Type("crm.objects.goals.read"),
    "feedback_submissions": Type(
        "crm.objects.feedback_submission.read", ("contacts", "tickets"), "feedback is given by customers"
    ),
    "calls": Type(CONTACTS, (*PARTIES, "leads")),
    "emails": ENGAGEMENT,
    "meetings": ENGAGEMENT,
    "notes": Type(CONTACTS, (*PARTIES, "quotes", "orders")),
    "tasks": Type(CONTACTS, (*PARTIES, "leads")),
    "communications": ENGAGEMENT,
    "postal_mail": ENGAGEMENT,
}
CUSTOM = Type("crm.objects.custom.read", tuple(TYPES))
