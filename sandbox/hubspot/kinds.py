"""The object types of the CRM: their names, scopes, properties and what an account starts with."""

from dataclasses import dataclass
from typing import Any

CONTACTS = "crm.objects.contacts.read"
COMMERCE = "e-commerce"
SETTINGS_CREATED = "2023-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Kind:
    """One object type; `texts` and so on name its properties by type, `shown` those sent unasked."""

    name: str
    type_id: str
    singular: str
    scope: str  # needed to read; the same with .write to write, where it ends in .read
    size: int
    texts: tuple[str, ...]
    shown: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    modified: str = "hs_lastmodifieddate"
    sensitive: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[str, ...]:
        return self.texts + self.numbers + self.moments + self.choices + self.sensitive

    def sensitive_scope(self, how: str) -> str:
        """Name the scope that such properties need; none where the type cannot have any."""
        return f"{self.scope[:-4]}{how}.read" if self.name in WITH_SENSITIVE else ""

    @property
    def always(self) -> tuple[str, str, str]:
        return ("createdate" if self.created == "createdate" else "hs_createdate", self.modified, "hs_object_id")

    @property
    def created(self) -> str:
        return "createdate" if self.type_id in WITH_CREATEDATE else "hs_createdate"

    @property
    def write_scope(self) -> str:
        return self.scope[:-4] + "write" if self.scope.endswith(".read") else self.scope


WITH_SENSITIVE = ("contacts", "companies", "deals", "pets")
SENSITIVITIES = ("sensitive", "highly_sensitive")
WITH_CREATEDATE = ("0-1", "0-2", "0-3", "0-5", "0-7", "0-8", "0-14")


def _plain(name: str, type_id: str, singular: str, scope: str, size: int, *texts: str) -> Kind:
    return Kind(name, type_id, singular, scope, size, texts, texts[:1])


def _engagement(name: str, type_id: str, size: int, *texts: str) -> Kind:
    moments = ("hs_timestamp",)
    return Kind(name, type_id, name.removesuffix("s"), CONTACTS, size, texts, (), moments=moments)


KINDS = (
    Kind(
        "contacts", "0-1", "contact", CONTACTS, 300,
        ("email", "firstname", "lastname", "phone", "company", "city", "jobtitle", "website", "favourite_colour"),
        ("email", "firstname", "lastname"), ("loyalty_points", "exact_value"), ("birthday",),
        ("lifecyclestage", "hs_lead_status", "level"), modified="lastmodifieddate", sensitive=("blood_type",),
    ),
    Kind(
        "companies", "0-2", "company", "crm.objects.companies.read", 60,
        ("name", "domain", "city", "industry", "description", "phone"), ("name", "domain"),
        ("annualrevenue", "numberofemployees"), (), ("lifecyclestage",),
    ),
    Kind(
        "deals", "0-3", "deal", "crm.objects.deals.read", 120, ("dealname", "description", "hubspot_owner_id"),
        ("dealname", "amount", "closedate", "dealstage", "pipeline"), ("amount",), ("closedate",),
        ("dealstage", "pipeline"),
    ),
    Kind(
        "tickets", "0-5", "ticket", "tickets", 50, ("subject", "content"),
        ("subject", "content", "hs_pipeline", "hs_pipeline_stage"), (), (), ("hs_pipeline", "hs_pipeline_stage"),
    ),
    Kind(
        "products", "0-7", "product", COMMERCE, 25, ("name", "description", "hs_sku"), ("name", "price"), ("price",)
    ),
    Kind(
        "line_items", "0-8", "line_item", "crm.objects.line_items.read", 90, ("name", "hs_product_id"),
        ("quantity", "amount"), ("quantity", "amount", "price"),
    ),
    Kind(
        "quotes", "0-14", "quote", "crm.objects.quotes.read", 15, ("hs_title",), ("hs_title",), (),
        ("hs_expiration_date",), ("hs_status",),
    ),
    _plain("leads", "0-136", "lead", "crm.objects.leads.read", 20, "hs_lead_name"),
    _plain("orders", "0-123", "order", "crm.objects.orders.read", 20, "hs_order_name"),
    _plain("carts", "0-142", "cart", "crm.objects.carts.read", 10, "hs_cart_name"),
    _plain("invoices", "0-53", "invoice", "crm.objects.invoices.read", 15, "hs_title"),
    _plain("subscriptions", "0-69", "subscription", "crm.objects.subscriptions.read", 10, "hs_name"),
    _plain(
        "commerce_payments", "0-101", "commerce_payment", "crm.objects.commercepayments.read", 10, "hs_customer_email"
    ),
    _plain("discounts", "0-84", "discount", "crm.objects.line_items.read", 6, "hs_label"),
    _plain("fees", "0-85", "fee", "crm.objects.line_items.read", 6, "hs_label"),
    _plain("taxes", "0-86", "tax", "crm.objects.line_items.read", 6, "hs_label"),
    _plain("users", "0-115", "user", "crm.objects.users.read", 6, "hs_email"),
    _plain("goal_targets", "0-74", "goal_target", "crm.objects.goals.read", 6, "hs_goal_name"),
    _plain(
        "feedback_submissions", "0-19", "feedback_submission", "crm.objects.feedback_submission.read", 8,
        "hs_survey_name", "hs_content",
    ),
    _engagement("calls", "0-48", 40, "hs_call_title", "hs_call_body"),
    _engagement("emails", "0-49", 40, "hs_email_subject", "hs_email_text"),
    _engagement("meetings", "0-47", 20, "hs_meeting_title", "hs_meeting_body"),
    _engagement("notes", "0-46", 60, "hs_note_body", "hs_attachment_ids"),
    _engagement("tasks", "0-27", 30, "hs_task_subject", "hs_task_body"),
    _engagement("communications", "0-18", 10, "hs_communication_body"),
    _engagement("postal_mail", "0-116", 5, "hs_postal_mail_body"),
    Kind(
        "pets", "2-3453932", "pet", "crm.objects.custom.read", 30, ("name", "breed", "notes"), ("name",),
        ("weight",), ("born_on",), (),
    ),
)  # fmt: skip

CHOICES = {
    "lifecyclestage": ("lead", "customer", "subscriber", "opportunity"),
    "hs_lead_status": ("NEW", "OPEN", "CONNECTED"),
    "level": ("gold", "silver", "bronze"),
    "dealstage": ("appointmentscheduled", "presentationscheduled", "closedwon", "closedlost"),
    "pipeline": ("default",),
    "hs_pipeline": ("0",),
    "hs_pipeline_stage": ("1", "2", "3", "4"),
    "hs_status": ("DRAFT", "APPROVED"),
}
SYSTEM = ("hs_createdate", "createdate", "hs_lastmodifieddate", "lastmodifieddate", "hs_object_id")
ADDED_BY_CUSTOMER = ("favourite_colour", "level", "exact_value", "breed", "notes", "weight", "born_on")


def definition(kind: Kind, name: str, created: str) -> dict[str, Any]:
    """Describe a property as GET /crm/v3/properties does."""
    data_type, field_type = _types(kind, name)
    read_only = name in kind.always
    choices = CHOICES.get(name, ()) if name in kind.choices else ()
    return {
        "updatedAt": created,
        "createdAt": created,
        "name": name,
        "label": name.removeprefix("hs_").replace("_", " ").title(),
        "type": data_type,
        "fieldType": field_type,
        "description": "",
        "groupName": f"{kind.singular}information",
        "options": [
            {"label": choice.title(), "value": choice, "displayOrder": order, "hidden": False}
            for order, choice in enumerate(choices)
        ],
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": False,
        "archived": False,
        "hasUniqueValue": name == "hs_object_id",
        "hidden": False,
        "hubspotDefined": name not in ADDED_BY_CUSTOMER,
        "modificationMetadata": {
            "archivable": name in ADDED_BY_CUSTOMER,
            "readOnlyDefinition": name not in ADDED_BY_CUSTOMER,
            "readOnlyValue": read_only,
        },
        "formField": not read_only,
        "dataSensitivity": "sensitive" if name in kind.sensitive else "non_sensitive",
    }


def _types(kind: Kind, name: str) -> tuple[str, str]:
    if name in kind.numbers or name == "hs_object_id":
        return "number", "number"
    if name in kind.moments or name in kind.always:
        return "datetime", "date"
    return ("enumeration", "select") if name in kind.choices else ("string", "text")


def property_entry(body: dict[str, Any], stamp: str) -> dict[str, Any]:
    """Complete the definition of a property that the portal's owner adds."""
    defaults: dict[str, Any] = {
        "updatedAt": stamp,
        "createdAt": stamp,
        "description": "",
        "options": [],
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": False,
        "archived": False,
        "hasUniqueValue": False,
        "hidden": False,
        "hubspotDefined": False,
        "modificationMetadata": {"archivable": True, "readOnlyDefinition": False, "readOnlyValue": False},
        "formField": False,
        "dataSensitivity": "non_sensitive",
    }
    return {**defaults, **body}
