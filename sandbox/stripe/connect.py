"""Connected accounts, the people behind them, and where their money goes."""

from typing import Any

from sandbox.oddities import COMPANIES, FAMILY, GIVEN
from sandbox.stripe.seedling import Seedling


def account(it: Seedling) -> dict[str, Any]:
    complete = not it.chance.one_in(4)
    return {
        "business_type": "company",
        "capabilities": {"card_payments": "active" if complete else "pending", "transfers": "active"},
        "charges_enabled": complete,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": complete,
        "email": f"{it.chance.pick(COMPANIES).lower()}{it.n}@example.com",
        "metadata": it.metadata(),
        "payouts_enabled": complete,
        "type": "express",
    }


def person(it: Seedling) -> dict[str, Any]:
    roles = {"director": False, "executive": True, "owner": it.chance.one_in(2), "representative": True}
    return {
        "account": it.of("accounts"),
        "dob": {"day": 1 + it.chance.below(28), "month": 1 + it.chance.below(12), "year": 1950 + it.chance.below(50)},
        "email": f"person{it.n}@example.com",
        "first_name": it.chance.pick(GIVEN),
        "last_name": it.chance.pick(FAMILY),
        "metadata": it.metadata(),
        "political_exposure": "none",
        "relationship": {**roles, "percent_ownership": None, "title": "CEO"},
        "ssn_last_4_provided": True,
    }


def bank_account(it: Seedling) -> dict[str, Any]:
    return {
        "account": it.of("accounts"),
        "account_holder_name": it.chance.pick(FAMILY),
        "account_holder_type": "company",
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": "US",
        "currency": "usd",
        "default_for_currency": True,
        "fingerprint": it.chance.hexadecimal(15),
        "last4": f"{it.chance.below(10_000):04d}",
        "metadata": it.metadata(),
        "routing_number": "110000000",
        "status": "new",
    }
