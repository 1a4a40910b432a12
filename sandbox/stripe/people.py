"""Customers and what hangs on them."""

from typing import Any

from sandbox.chance import Chance, literal
from sandbox.oddities import note, person, phrase
from sandbox.stripe.seedling import Seedling
from sandbox.stripe.shapes import blank

BRANDS = ("visa", "mastercard", "amex")
BIG_BALANCE = 9_007_199_254_740_993  # one more than a double can tell apart


def customer(it: Seedling) -> dict[str, Any]:
    chance = it.chance
    name = literal(r'"Ren\u00e9 \ud83d\ude80"') if chance.one_in(50) else person(chance)
    return {
        "email": None if chance.one_in(30) else f"customer{it.n}@example.com",
        "name": name,
        "description": None if chance.one_in(3) else note(chance),
        "phone": None if chance.one_in(2) else f"+1555{it.n % 10_000_000:07d}",
        "address": None if chance.one_in(2) else address(chance),
        "balance": BIG_BALANCE if chance.one_in(200) else -chance.below(3) * 500,
        "currency": it.currency(),
        "delinquent": chance.one_in(20),
        "invoice_prefix": chance.hexadecimal(8).upper(),
        "next_invoice_sequence": 1 + chance.below(40),
        "preferred_locales": [chance.pick(("en", "de", "fr"))] if chance.one_in(3) else [],
        "tax_exempt": "none",
        "metadata": it.metadata(),
        "tax": {"automatic_tax": "supported", "ip_address": None, "location": location(chance)},
        "cash_balance": None if chance.one_in(2) else cash_balance(it),
        "invoice_credit_balance": {it.currency(): -chance.below(500)} if chance.one_in(3) else {},
    }


def location(chance: Chance) -> dict[str, Any]:
    return {"country": chance.pick(("PL", "FR", "JP", "US")), "source": "billing_address", "state": None}


def cash_balance(it: Seedling) -> dict[str, Any]:
    return {
        "object": "cash_balance",
        "available": {"eur": it.chance.below(10_000)},
        "customer": it.id,
        "livemode": False,
        "settings": {"reconciliation_mode": "automatic", "using_merchant_default": True},
    }


def address(chance: Chance) -> dict[str, Any]:
    return {
        "city": chance.pick(("Łódź", "Paris", "東京", "New York")),
        "country": chance.pick(("PL", "FR", "JP", "US")),
        "line1": f"{chance.below(999)} {phrase(chance, 1)} street",
        "line2": None if chance.one_in(2) else "",
        "postal_code": f"{chance.below(99999):05d}",
        "state": None,
    }


def payment_method(it: Seedling) -> dict[str, Any]:
    chance = it.chance
    return {
        "customer": it.of("customers"),
        "type": "card",
        "card": card(chance),
        "billing_details": {"address": address(chance), "email": None, "name": person(chance), "phone": None},
        "metadata": it.metadata(),
    }


def card(chance: Chance) -> dict[str, Any]:
    return blank("payment_method_card") | {
        "brand": chance.pick(BRANDS),
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": 1 + chance.below(12),
        "exp_year": 2027 + chance.below(6),
        "fingerprint": chance.hexadecimal(15),
        "funding": "credit",
        "last4": f"{chance.below(10_000):04d}",
        "networks": {"available": ["visa"], "preferred": None},
        "three_d_secure_usage": {"supported": True},
    }


def tax_id(it: Seedling) -> dict[str, Any]:
    return {
        "customer": it.of("customers"),
        "country": "DE",
        "type": "eu_vat",
        "value": f"DE{it.chance.below(10**9):09d}",
        "verification": {"status": "unverified", "verified_address": None, "verified_name": None},
    }


def customer_balance_transaction(it: Seedling) -> dict[str, Any]:
    amount = it.chance.between(-5000, 5000)
    return {
        "customer": it.of("customers"),
        "amount": amount,
        "currency": it.currency(),
        "description": None if it.chance.one_in(2) else note(it.chance),
        "ending_balance": amount,
        "metadata": it.metadata(),
    }


def card_source(it: Seedling) -> dict[str, Any]:
    """Give a card as it was attached before there were payment methods."""
    chance = it.chance
    return {
        "address_city": None if chance.one_in(2) else "Łódź",
        "brand": chance.pick(("Visa", "MasterCard", "American Express")),
        "country": "US",
        "customer": it.of("customers"),
        "exp_month": 1 + chance.below(12),
        "exp_year": 2027 + chance.below(6),
        "fingerprint": chance.hexadecimal(15),
        "funding": "credit",
        "last4": f"{chance.below(10_000):04d}",
        "name": None if chance.one_in(3) else person(chance),
        "metadata": it.metadata(),
    }


def cash_balance_transaction(it: Seedling) -> dict[str, Any]:
    """Give the use of money that a customer had sent in advance."""
    return {
        "applied_to_payment": {"payment_intent": it.one_of("payment_intents") or ""},
        "currency": it.currency(),
        "customer": it.of("customers"),
        "ending_balance": it.chance.below(10_000),
        "net_amount": -it.chance.between(50, 5_000),
        "type": "applied_to_payment",
    }
