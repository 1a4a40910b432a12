"""Cards that the account issues, and what their holders do with them."""

from typing import Any

from sandbox.oddities import note, person
from sandbox.stripe.people import address
from sandbox.stripe.seedling import Seedling
from sandbox.stripe.shapes import blank

HOLDER = "issuing.cardholder"


def cardholder(it: Seedling) -> dict[str, Any]:
    return {
        "billing": {"address": address(it.chance)},
        "email": f"holder{it.n}@example.com",
        "name": person(it.chance),
        "phone_number": f"+1555{it.n:07d}",
        "status": "inactive" if it.chance.one_in(5) else "active",
        "type": "individual",
        "metadata": it.metadata(),
    }


def card(it: Seedling) -> dict[str, Any]:
    holder = it.owner("issuing_cardholders")
    return {
        "brand": "Visa",
        "cardholder": it.directory.rendered("issuing_cardholders", holder) if holder >= 0 else blank(HOLDER),
        "currency": "usd",
        "exp_month": 1 + it.chance.below(12),
        "exp_year": 2027 + it.chance.below(4),
        "last4": f"{it.chance.below(10_000):04d}",
        "status": it.chance.pick(("active", "inactive")),
        "type": it.chance.pick(("virtual", "physical")),
        "metadata": it.metadata(),
    }


def _used(it: Seedling) -> dict[str, Any]:
    """Return the card that a purchase was made with."""
    owner = it.owner("issuing_cards")
    return it.directory.rendered("issuing_cards", owner) if owner >= 0 else blank("issuing.card")


def merchant(it: Seedling) -> dict[str, Any]:
    return {
        "category": "computer_software_stores", "category_code": "5734", "city": "Paris", "country": "FR",
        "name": note(it.chance), "network_id": "1234567890", "postal_code": None, "state": None, "terminal_id": None,
    }  # fmt: skip


def authorization(it: Seedling) -> dict[str, Any]:
    used = _used(it)
    return {
        "amount": it.chance.between(100, 20_000),
        "approved": not it.chance.one_in(6),
        "authorization_method": "online",
        "card": used,
        "cardholder": used["cardholder"].get("id"),
        "currency": "usd",
        "merchant_currency": "usd",
        "merchant_data": merchant(it),
        "status": "closed",
        "metadata": it.metadata(),
    }


def transaction(it: Seedling) -> dict[str, Any]:
    used, amount = _used(it), -it.chance.between(100, 20_000)
    return {
        "amount": amount,
        "authorization": it.one_of("issuing_authorizations"),
        "card": used["id"],
        "cardholder": used["cardholder"].get("id"),
        "currency": "usd",
        "merchant_amount": amount,
        "merchant_currency": "usd",
        "merchant_data": merchant(it),
        "type": "capture",
        "metadata": it.metadata(),
    }


def dispute(it: Seedling) -> dict[str, Any]:
    explanation = {"additional_documentation": None, "explanation": note(it.chance)}
    return {
        "amount": it.chance.between(100, 20_000),
        "currency": "usd",
        "evidence": {"fraudulent": explanation, "reason": "fraudulent"},
        "status": it.chance.pick(("submitted", "won", "lost")),
        "transaction": it.of("issuing_transactions"),
        "metadata": it.metadata(),
    }
