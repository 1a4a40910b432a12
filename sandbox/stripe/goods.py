"""What is sold: products, prices, plans, coupons, rates."""

from typing import Any

from sandbox.chance import literal
from sandbox.oddities import note, phrase
from sandbox.stripe.seedling import Seedling

PERCENTAGES = ("10.00", "12.5", "19.0", "7.70", "33.333333333333336")


def product(it: Seedling) -> dict[str, Any]:
    chance = it.chance
    return {
        "active": not chance.one_in(6),
        "name": phrase(chance, 2).title(),
        "description": None if chance.one_in(3) else note(chance),
        "images": [f"https://example.com/{it.n}.png"] if chance.one_in(3) else [],
        "metadata": it.metadata(),
        "updated": it.created,
    }


def price(it: Seedling) -> dict[str, Any]:
    chance = it.chance
    recurring = None if chance.one_in(4) else recurrence(chance.pick(("month", "year")))
    amount = chance.between(1, 99_999)
    return {
        "active": not chance.one_in(8),
        "currency": it.currency(),
        "product": it.of("products") or "",
        "recurring": recurring,
        "type": "recurring" if recurring else "one_time",
        "nickname": None if chance.one_in(2) else note(chance),
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
        "tax_behavior": "unspecified",
        "metadata": it.metadata(),
        "currency_options": {"chf": currency_option(amount)} if chance.one_in(2) else {},
    } | (tiered(amount) if chance.one_in(5) else {})


def currency_option(amount: int) -> dict[str, Any]:
    return {
        "custom_unit_amount": None,
        "tax_behavior": "unspecified",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def tiered(amount: int) -> dict[str, Any]:
    """Make the price of the first ten another than that of more."""
    return {"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": [tier(amount, 10), tier(amount // 2, None)]}


def tier(amount: int, up_to: int | None) -> dict[str, Any]:
    return {
        "flat_amount": None,
        "flat_amount_decimal": None,
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
        "up_to": up_to,
    }


def recurrence(interval: str) -> dict[str, Any]:
    return {
        "aggregate_usage": None, "interval": interval, "interval_count": 1, "trial_period_days": None,
        "usage_type": "licensed",
    }  # fmt: skip


def plan(it: Seedling) -> dict[str, Any]:
    amount = it.chance.between(1, 99_999)
    return {
        "active": True,
        "amount": amount,
        "amount_decimal": str(amount),
        "currency": it.currency(),
        "interval": "month",
        "interval_count": 1,
        "product": it.of("products"),
        "metadata": it.metadata(),
    } | (tiered(amount) if it.chance.one_in(3) else {})


def coupon(it: Seedling) -> dict[str, Any]:
    return {
        "duration": "once",
        "name": phrase(it.chance, 2),
        "percent_off": literal(it.chance.pick(PERCENTAGES)),
        "max_redemptions": 9_007_199_254_740_993 if it.chance.one_in(10) else None,
        "valid": True,
        "metadata": it.metadata(),
        "currency_options": {"eur": {"amount_off": 100}} if it.chance.one_in(4) else {},
    } | ({"applies_to": {"products": [it.one_of("products")]}} if it.chance.one_in(2) else {})


def promotion_code(it: Seedling) -> dict[str, Any]:
    owner = it.owner("coupons")
    fields = {"active": not it.chance.one_in(5), "code": f"CODE{it.n}", "metadata": it.metadata()}
    return fields if owner < 0 else fields | {"coupon": it.directory.rendered("coupons", owner)}


def tax_rate(it: Seedling) -> dict[str, Any]:
    percentage = literal(it.chance.pick(PERCENTAGES))
    return {
        "active": True,
        "display_name": "VAT",
        "country": "DE",
        "percentage": percentage,
        "effective_percentage": percentage,
        "tax_type": "vat",
        "jurisdiction": "DE",
        "description": note(it.chance),
        "metadata": it.metadata(),
    }


def shipping_rate(it: Seedling) -> dict[str, Any]:
    return {
        "active": True,
        "display_name": phrase(it.chance, 2),
        "fixed_amount": {
            "amount": it.chance.between(0, 5000),
            "currency": it.currency(),
            "currency_options": {"chf": {"amount": 700, "tax_behavior": "unspecified"}},
        },
        "tax_behavior": "unspecified",
        "metadata": it.metadata(),
    }
