"""Checkout pages, payment links, files and lists of the fraud tool."""

from typing import Any

from sandbox.oddities import note, phrase
from sandbox.stripe.billing import priced_item
from sandbox.stripe.seedling import Seedling
from sandbox.stripe.shapes import sublist


def checkout_session(it: Seedling) -> dict[str, Any]:
    lines = [priced_item(it, number) for number in range(13 if it.chance.one_in(15) else 2)]
    return {
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "amount_subtotal": sum(line["amount_subtotal"] for line in lines),
        "amount_total": sum(line["amount_total"] for line in lines),
        "currency": "usd",
        "customer": it.of("customers"),
        "expires_at": it.created + 86_400,
        "line_items": sublist(f"/v1/checkout/sessions/{it.id}/line_items", lines),
        "payment_intent": it.one_of("payment_intents"),
        "payment_method_types": ["card"],
        "payment_method_options": {},
        "success_url": "https://example.com/ok",
        "metadata": it.metadata(),
    }


def payment_link(it: Seedling) -> dict[str, Any]:
    return {
        "active": not it.chance.one_in(4),
        "currency": "usd",
        "line_items": sublist(f"/v1/payment_links/{it.id}/line_items", [priced_item(it, 0)]),
        "metadata": it.metadata(),
        "url": f"https://buy.stripe.com/test_{it.id[-8:]}",
    }


def file(it: Seedling) -> dict[str, Any]:
    from_contents = it.chance.between(0, 40_000)
    return {
        "filename": f"{phrase(it.chance, 1)} {it.n}.pdf",
        "purpose": it.chance.pick(("dispute_evidence", "business_logo", "customer_signature")),
        "size": from_contents,
        "title": None if it.chance.one_in(2) else note(it.chance),
        "type": "pdf",
        "url": f"https://files.stripe.com/v1/files/{it.id}/contents",
        "links": sublist(f"/v1/file_links?file={it.id}", []),
    }


def file_link(it: Seedling) -> dict[str, Any]:
    return {
        "file": it.of("files") or "",
        "metadata": it.metadata(),
        "url": f"https://files.stripe.com/links/{it.id}",
    }


def value_list(it: Seedling) -> dict[str, Any]:
    return {
        "alias": f"list_{it.n}",
        "created_by": "ann@example.com",
        "item_type": "string",
        "list_items": sublist(f"/v1/radar/value_list_items?value_list={it.id}", []),
        "metadata": it.metadata(),
        "name": phrase(it.chance, 2),
    }


def value_list_item(it: Seedling) -> dict[str, Any]:
    return {
        "created_by": "ann@example.com",
        "value": f"{phrase(it.chance, 1)}-{it.n}",
        "value_list": it.of("radar_value_lists") or "",
    }
