"""What an account sets up for itself: terminals in shops, the billing portal, webhook endpoints, taxes, features."""

from typing import Any

from sandbox.oddities import phrase
from sandbox.stripe.people import address
from sandbox.stripe.seedling import Seedling


def location(it: Seedling) -> dict[str, Any]:
    return {"address": address(it.chance), "display_name": phrase(it.chance, 2), "metadata": it.metadata()}


def reader(it: Seedling) -> dict[str, Any]:
    return {
        "device_sw_version": "2.14.0",
        "device_type": "bbpos_wisepos_e",
        "ip_address": f"192.168.2.{it.n % 250 + 2}",
        "label": phrase(it.chance, 2),
        "location": it.of("terminal_locations"),
        "serial_number": f"WSC{it.n:09d}",
        "status": it.chance.pick(("online", "offline")),
        "metadata": it.metadata(),
    }


def portal_configuration(it: Seedling) -> dict[str, Any]:
    texts = {"privacy_policy_url": None, "terms_of_service_url": "https://example.com/terms"}
    return {
        "active": True,
        "business_profile": {"headline": phrase(it.chance), **texts},
        "default_return_url": "https://example.com/account",
        "is_default": it.n == 0,
        "metadata": it.metadata(),
        "updated": it.created,
    }


def webhook_endpoint(it: Seedling) -> dict[str, Any]:
    return {
        "description": None if it.chance.one_in(2) else phrase(it.chance),
        "enabled_events": ["charge.succeeded", "invoice.paid"] if it.chance.one_in(2) else ["*"],
        "status": "enabled",
        "url": f"https://example.com/hooks/{it.n}",
        "metadata": it.metadata(),
    }


def tax_registration(it: Seedling) -> dict[str, Any]:
    state = it.chance.pick(("CA", "NV", "TX"))
    return {
        "active_from": it.created,
        "country": "US",
        "country_options": {"us": {"state": state, "type": "state_sales_tax"}},
        "expires_at": it.created + 86_400 if it.n % 4 == 1 else None,
        "status": "expired" if it.n % 4 == 1 else "active",
    }


def feature(it: Seedling) -> dict[str, Any]:
    archived = it.n % 4 == 1
    name = phrase(it.chance, 2)
    return {
        "active": not archived,
        "archived": archived,
        "lookup_key": f"feature-{it.n}",
        "metadata": it.metadata(),
        "name": name,
    }


def product_feature(it: Seedling) -> dict[str, Any]:
    return {"entitlement_feature": dict(it.sample("entitlements_features") or {}), "product": it.of("products")}
