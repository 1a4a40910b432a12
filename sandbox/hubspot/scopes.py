"""The scopes that an app may ask for."""

from sandbox.hubspot.kinds import KINDS, SENSITIVITIES

OTHERS = [
    "oauth",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.companies.read",
    "crm.schemas.deals.read",
    "crm.schemas.custom.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.write",
    "crm.schemas.deals.write",
    "crm.schemas.custom.write",
    "crm.lists.read",
    "crm.lists.write",
    "crm.objects.marketing_events.read",
    "crm.export",
    "crm.import",
    "forms",
    "files",
    "files.ui_hidden.read",
    "conversations.read",
    "conversations.write",
    "marketing-email",
    "marketing.email.read",
    "content",
    "automation",
    "settings.users.read",
    "sales-email-read",
    "timeline",
    "business-intelligence",
]
SENSITIVE = {kind.sensitive_scope(how) for kind in KINDS for how in SENSITIVITIES} - {""}
KNOWN = frozenset({*OTHERS, *SENSITIVE, *(kind.scope for kind in KINDS), *(kind.write_scope for kind in KINDS)})


def split(text: str) -> list[str]:
    """Return the scopes of a space-separated list, each once."""
    return list(dict.fromkeys(text.split()))
