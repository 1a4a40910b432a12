"""Subscriptions, invoices and what belongs to them."""

from typing import Any

from sandbox.oddities import note, phrase
from sandbox.stripe.seedling import Seedling
from sandbox.stripe.shapes import blank, sublist

MONTH = 30 * 86_400
SUBSCRIPTION_STATES = ("active", "active", "active", "active", "trialing", "past_due", "canceled", "canceled")


def subscription(it: Seedling) -> dict[str, Any]:
    chance = it.chance
    status = chance.pick(SUBSCRIPTION_STATES)
    ended = it.created + MONTH if status == "canceled" else None
    items = [subscription_item(it, number) for number in range(15 if chance.one_in(60) else 1 + chance.below(3))]
    return {
        "customer": it.of("customers") or "",
        "status": status,
        "currency": it.currency(),
        "billing_cycle_anchor": it.created,
        "start_date": it.created,
        "current_period_start": it.created,
        "current_period_end": it.created + MONTH,
        "canceled_at": ended,
        "ended_at": ended,
        "items": sublist(f"/v1/subscription_items?subscription={it.id}", items),
        "description": None if chance.one_in(2) else note(chance),
        "metadata": it.metadata(),
    }


def subscription_item(it: Seedling, number: int) -> dict[str, Any]:
    price = it.sample("prices")
    return blank("subscription_item") | {
        "id": it.part_id("si", number),
        "created": it.created,
        "price": dict(price) if price else blank("price"),
        "quantity": 1 + it.chance.below(5),
        "subscription": it.id,
        "tax_rates": [],
    }


def invoice(it: Seedling) -> dict[str, Any]:
    chance = it.chance
    many = chance.between(11, 28) if chance.one_in(25) else 1 + chance.below(3)
    currency = it.currency()
    lines = [invoice_line(it, number, currency) for number in range(many)]
    total = sum(line["amount"] for line in lines)
    status = chance.pick(("paid", "paid", "paid", "open", "draft", "void"))
    paid = total if status == "paid" else 0
    return {
        "customer": it.of("customers"),
        "status": status,
        "number": None if status == "draft" else f"SBX-{it.n:08d}",
        "currency": currency,
        "lines": sublist(f"/v1/invoices/{it.id}/lines", lines),
        "total": total,
        "subtotal": total,
        "amount_due": total,
        "amount_paid": paid,
        "amount_remaining": total - paid,
        "paid": status == "paid",
        "attempted": status == "paid",
        "period_start": it.created,
        "period_end": it.created + MONTH,
        "customer_name": None if chance.one_in(2) else note(chance),
        "subscription": it.one_of("subscriptions"),
        "metadata": it.metadata(),
    }


def invoice_line(it: Seedling, number: int, currency: str) -> dict[str, Any]:
    return blank("line_item") | {
        "id": it.part_id("il", number),
        "amount": it.chance.between(1, 50_000),
        "currency": currency,
        "description": note(it.chance),
        "discount_amounts": [],
        "discounts": [],
        "period": {"start": it.created, "end": it.created + MONTH},
        "quantity": 1 + it.chance.below(9),
        "tax_amounts": [],
        "tax_rates": [],
        "type": "invoiceitem",
    }


def invoiceitem(it: Seedling) -> dict[str, Any]:
    amount = it.chance.between(1, 20_000)
    return {
        "amount": amount,
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
        "currency": it.currency(),
        "customer": it.of("customers") or "",
        "date": it.created,
        "description": note(it.chance),
        "discountable": True,
        "discounts": [],
        "period": {"start": it.created, "end": it.created},
        "quantity": 1,
        "tax_rates": [],
        "metadata": it.metadata(),
    }


def credit_note(it: Seedling) -> dict[str, Any]:
    amount = it.chance.between(1, 9_000)
    lines = [credit_note_line(it, number) for number in range(12 if it.chance.one_in(10) else 1)]
    return {
        "amount": amount,
        "total": amount,
        "subtotal": amount,
        "currency": it.currency(),
        "customer": it.one_of("customers") or "",
        "invoice": it.of("invoices") or "",
        "number": f"CN-{it.n:06d}",
        "pdf": f"https://files.stripe.com/v1/credit_notes/{it.id}/pdf",
        "lines": sublist(f"/v1/credit_notes/{it.id}/lines", lines),
        "memo": note(it.chance),
        "metadata": it.metadata(),
    }


def credit_note_line(it: Seedling, number: int) -> dict[str, Any]:
    amount = it.chance.between(1, 900)
    return blank("credit_note_line_item") | {
        "id": it.part_id("cnli", number),
        "amount": amount,
        "description": phrase(it.chance),
        "quantity": 1,
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def quote(it: Seedling) -> dict[str, Any]:
    return {
        "amount_subtotal": 1000,
        "amount_total": 1000,
        "currency": "usd",
        "customer": it.of("customers"),
        "expires_at": it.created + MONTH,
        "invoice_settings": {"days_until_due": None},
        "number": f"QT-{it.n:06d}",
        "status": it.chance.pick(("draft", "open", "accepted", "canceled")),
        "line_items": sublist(f"/v1/quotes/{it.id}/line_items", [priced_item(it, number) for number in range(2)]),
        "metadata": it.metadata(),
    }


def priced_item(it: Seedling, number: int) -> dict[str, Any]:
    """Make a line of a quote, a checkout session or a payment link."""
    price = it.sample("prices")
    amount = it.chance.between(1, 9_999)
    return blank("item") | {
        "id": it.part_id("li", number),
        "amount_subtotal": amount,
        "amount_total": amount,
        "currency": it.currency(),
        "description": phrase(it.chance),
        "price": dict(price) if price else None,
        "quantity": 1,
    }


def subscription_schedule(it: Seedling) -> dict[str, Any]:
    return {
        "customer": it.of("customers") or "",
        "status": it.chance.pick(("active", "completed", "not_started")),
        "end_behavior": "release",
        "metadata": it.metadata(),
    }
