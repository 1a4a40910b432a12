"""What each object looks like when nothing is known of it, from the vendor's OpenAPI file."""

from pathlib import Path
from typing import Any

import msgspec

SHAPES_FILE = Path(__file__).with_name("shapes.json")
_DERIVED = msgspec.json.decode(SHAPES_FILE.read_bytes())

VERSION: str = _DERIVED["version"]
WRITES: dict[str, dict[str, Any]] = _DERIVED["writes"]

# Objects that are younger than the vendor's file, from its fixtures.
YOUNGER: dict[str, dict[str, Any]] = {
    "tax.registration": {
        "id": "", "object": "tax.registration", "active_from": 0, "country": "", "country_options": {}, "created": 0,
        "expires_at": None, "livemode": False, "status": "active",
    },
    "entitlements.feature": {
        "id": "", "object": "entitlements.feature", "active": True, "livemode": False, "lookup_key": "", "metadata": {},
        "name": "",
    },
    "product_feature": {"id": "", "object": "product_feature", "entitlement_feature": {}, "livemode": False},
}  # fmt: skip

# Fields that the vendor sends only where they apply.
SELDOM = {
    "refund": ("failure_reason", "instructions_email", "description"),
    "card": ("account", "available_payout_methods", "currency", "default_for_currency", "status"),
    "bank_account": ("customer",),
    "issuing.card": ("cvc", "number"),
    "terminal.location": ("configuration_overrides",),
    "webhook_endpoint": ("secret",),
}
OBJECTS: dict[str, dict[str, Any]] = {
    name: {field: value for field, value in fields.items() if field not in SELDOM.get(name, ())}
    for name, fields in (_DERIVED["objects"] | YOUNGER).items()
}


def blank(name: str) -> dict[str, Any]:
    """Return a new object with all its fields; what is nested in it is shared, so replace it whole."""
    return OBJECTS[name].copy()


def sublist(url: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Nest a list in an object; how much of it shows is decided when the object is sent."""
    return {"object": "list", "data": rows, "has_more": False, "url": url}
