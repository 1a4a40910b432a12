"""Money that moved: charges, refunds, payouts, transfers, and the ledger of it all."""

from typing import Any

from sandbox.chance import Chance
from sandbox.oddities import note, phrase
from sandbox.stripe.people import address
from sandbox.stripe.seedling import Seedling
from sandbox.stripe.shapes import blank, sublist

LEDGER_KINDS = ("charge", "refund", "payout", "stripe_fee", "adjustment")


def charge(it: Seedling) -> dict[str, Any]:
    amount = it.chance.between(50, 999_999)
    succeeded = not it.chance.one_in(12)
    return {
        "amount": amount,
        "amount_captured": amount if succeeded else 0,
        "captured": succeeded,
        "paid": succeeded,
        "status": "succeeded" if succeeded else "failed",
        "currency": it.currency(),
        "customer": it.of("customers"),
        "balance_transaction": it.of("balance_transactions"),
        "payment_intent": it.of("payment_intents"),
        "billing_details": {"address": address(it.chance), "email": None, "name": phrase(it.chance), "phone": None},
        "description": note(it.chance),
        "fraud_details": {},
        "outcome": outcome(it.chance, succeeded),
        "receipt_url": f"https://pay.stripe.com/receipts/{it.id}",
        "metadata": it.metadata(),
    }


def outcome(chance: Chance, succeeded: bool) -> dict[str, Any]:
    return {
        "network_status": "approved_by_network" if succeeded else "declined_by_network",
        "reason": None if succeeded else "generic_decline",
        "risk_level": "normal",
        "risk_score": chance.below(100),
        "seller_message": "Payment complete." if succeeded else "The bank did not return any further details.",
        "type": "authorized" if succeeded else "issuer_declined",
    }


def payment_intent(it: Seedling) -> dict[str, Any]:
    amount = it.chance.between(50, 999_999)
    succeeded = not it.chance.one_in(6)
    return {
        "amount": amount,
        "amount_received": amount if succeeded else 0,
        "status": "succeeded" if succeeded else "requires_payment_method",
        "capture_method": "automatic",
        "currency": it.currency(),
        "customer": it.of("customers"),
        "description": note(it.chance),
        "payment_method_types": ["card"],
        "payment_method_options": {},
        "metadata": it.metadata(),
    }


def setup_intent(it: Seedling) -> dict[str, Any]:
    return {
        "customer": it.of("customers"),
        "payment_method_types": ["card"],
        "status": it.chance.pick(("succeeded", "requires_payment_method")),
        "usage": "off_session",
        "metadata": it.metadata(),
    }


def setup_attempt(it: Seedling) -> dict[str, Any]:
    card = {"brand": "visa", "last4": f"{it.chance.below(10_000):04d}", "three_d_secure": None}
    return {
        "payment_method": it.one_of("payment_methods") or "",
        "payment_method_details": {"card": card, "type": "card"},
        "setup_intent": it.of("setup_intents"),
        "status": it.chance.pick(("succeeded", "failed", "requires_action")),
        "usage": "off_session",
    }


def early_fraud_warning(it: Seedling) -> dict[str, Any]:
    return {
        "actionable": it.chance.one_in(2),
        "charge": it.of("charges"),
        "fraud_type": it.chance.pick(("misc", "made_with_stolen_card", "unauthorized_use_of_card")),
    }


def refund(it: Seedling) -> dict[str, Any]:
    return {
        "amount": it.chance.between(50, 5_000),
        "charge": it.of("charges"),
        "currency": it.currency(),
        "reason": it.chance.pick((None, "requested_by_customer", "duplicate")),
        "status": "succeeded",
        "metadata": it.metadata(),
    }


def balance_transaction(it: Seedling) -> dict[str, Any]:
    amount, kind = it.chance.between(-99_999, 999_999), it.chance.pick(LEDGER_KINDS)
    fee = abs(amount) * 29 // 1000 + 30
    return {
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "fee_details": [
            {"amount": fee, "application": None, "currency": "usd", "description": "Stripe processing fees",
             "type": "stripe_fee"}
        ],
        "currency": "usd",
        "available_on": it.created + 172_800,
        "description": note(it.chance),
        "reporting_category": kind,
        "source": None,
        "status": "available",
        "type": kind,
    }  # fmt: skip


def payout(it: Seedling) -> dict[str, Any]:
    return {
        "amount": it.chance.between(100, 9_999_999),
        "arrival_date": it.created + 86_400,
        "automatic": True,
        "balance_transaction": it.of("balance_transactions"),
        "currency": it.currency(),
        "description": "STRIPE PAYOUT",
        "method": "standard",
        "source_type": "card",
        "status": it.chance.pick(("paid", "paid", "in_transit", "failed")),
        "metadata": it.metadata(),
    }


def dispute(it: Seedling) -> dict[str, Any]:
    return {
        "amount": it.chance.between(50, 99_999),
        "charge": it.of("charges") or "",
        "currency": it.currency(),
        "reason": it.chance.pick(("general", "fraudulent", "duplicate")),
        "status": it.chance.pick(("needs_response", "won", "lost")),
        "evidence_details": {
            "due_by": it.created + 864_000, "has_evidence": False, "past_due": False, "submission_count": 0
        },
        "metadata": it.metadata(),
    }  # fmt: skip


def transfer(it: Seedling) -> dict[str, Any]:
    amount = it.chance.between(100, 99_999)
    reversals = [reversal(it, number) for number in range(12 if it.chance.one_in(12) else it.chance.below(2))]
    return {
        "amount": amount,
        "amount_reversed": sum(row["amount"] for row in reversals),
        "currency": "usd",
        "destination": "acct_1SandboxDestination",
        "reversals": sublist(f"/v1/transfers/{it.id}/reversals", reversals),
        "reversed": bool(reversals),
        "source_type": "card",
        "metadata": it.metadata(),
    }


def reversal(it: Seedling, number: int) -> dict[str, Any]:
    return blank("transfer_reversal") | {
        "id": it.part_id("trr", number), "amount": 5 + number, "created": it.created + number, "currency": "usd",
        "metadata": {}, "transfer": it.id,
    }  # fmt: skip


def topup(it: Seedling) -> dict[str, Any]:
    return {
        "amount": it.chance.between(100, 99_999),
        "currency": "usd",
        "description": note(it.chance),
        "status": it.chance.pick(("succeeded", "pending", "failed")),
        "metadata": it.metadata(),
    }


def application_fee(it: Seedling) -> dict[str, Any]:
    amount = it.chance.between(100, 9_999)
    refunds = [fee_refund(it, number) for number in range(it.chance.below(3))]
    return {
        "account": it.directory.id,
        "amount": amount,
        "amount_refunded": sum(row["amount"] for row in refunds),
        "application": "ca_sandboxListBackupClient",
        "charge": it.of("charges") or "",
        "currency": "usd",
        "refunds": sublist(f"/v1/application_fees/{it.id}/refunds", refunds),
    }


def fee_refund(it: Seedling, number: int) -> dict[str, Any]:
    return blank("fee_refund") | {
        "id": it.part_id("fr", number), "amount": 1 + number, "created": it.created + number, "currency": "usd",
        "fee": it.id, "metadata": {},
    }  # fmt: skip


def review(it: Seedling) -> dict[str, Any]:
    return {
        "charge": it.of("charges"),
        "open": True,
        "opened_reason": "rule",
        "reason": "rule",
        "ip_address": "203.0.113.7",
    }
