"""The endpoints that move one object to its next state, such as POST /v1/invoices/{id}/finalize."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sandbox.collection import Record
from sandbox.messages import Response
from sandbox.stripe import errors, forms
from sandbox.stripe.catalog import BY_NAME
from sandbox.stripe.endpoints import Call, routes, sent
from sandbox.stripe.people import BRANDS, card
from sandbox.stripe.seedling import Seedling
from sandbox.stripe.shapes import blank

Change = Callable[[Call, Record], Record]


@dataclass(frozen=True)
class Step:
    """What a step makes of an object, from which states on, and the event it writes."""

    collection: str
    verb: str
    event: str
    change: Change
    states: tuple[str, ...] = ()  # none: from any


def to(status: str) -> Change:
    return lambda _call, _record: {"status": status}


def _finalized(_call: Call, record: Record) -> Record:
    return {"status": "open", "number": record["number"] or f"SBX-{record['id'][-8:]}", "auto_advance": True}


def _paid(_call: Call, record: Record) -> Record:
    due = record["amount_due"]
    return {"status": "paid", "paid": True, "attempted": True, "amount_paid": due, "amount_remaining": 0}


def _succeeded(_call: Call, record: Record) -> Record:
    return {"status": "succeeded", "amount_received": record["amount"]}


def _captured(_call: Call, record: Record) -> Record:
    return {"captured": True, "amount_captured": record["amount"]}


def _canceled(call: Call, _record: Record) -> Record:
    return {"status": "canceled", "canceled_at": call.account.clock.seconds()}


def _released(call: Call, record: Record) -> Record:
    moment = call.account.clock.seconds()
    return {"status": "released", "released_at": moment, "released_subscription": record["subscription"]}


def _approved(_call: Call, _record: Record) -> Record:
    return {"open": False, "closed_reason": "approved", "reason": "approved"}


def _attached(call: Call, _record: Record) -> Record:
    customer = call.request.form.get("customer", "")
    if call.account.collections["customers"].find(customer) is None:
        raise errors.invalid(f"No such customer: '{customer}'", param="customer", code="resource_missing")
    return {"customer": customer}


def _detached(_call: Call, _record: Record) -> Record:
    return {"customer": None}


STEPS = (
    Step("invoices", "finalize", "invoice.finalized", _finalized, ("draft",)),
    Step("invoices", "pay", "invoice.paid", _paid, ("open", "draft")),
    Step("invoices", "void", "invoice.voided", to("void"), ("open",)),
    Step("invoices", "mark_uncollectible", "invoice.marked_uncollectible", to("uncollectible"), ("open",)),
    Step("invoices", "send", "invoice.sent", lambda _call, _record: {}),
    Step("credit_notes", "void", "credit_note.voided", to("void")),
    Step("quotes", "finalize", "quote.finalized", to("open"), ("draft",)),
    Step("quotes", "accept", "quote.accepted", to("accepted"), ("open",)),
    Step("quotes", "cancel", "quote.canceled", to("canceled")),
    Step("payment_intents", "confirm", "payment_intent.succeeded", _succeeded),
    Step("payment_intents", "capture", "payment_intent.succeeded", _succeeded),
    Step("payment_intents", "cancel", "payment_intent.canceled", _canceled),
    Step("setup_intents", "confirm", "setup_intent.succeeded", to("succeeded")),
    Step("setup_intents", "cancel", "setup_intent.canceled", to("canceled")),
    Step("charges", "capture", "charge.captured", _captured),
    Step("refunds", "cancel", "refund.updated", to("canceled")),
    Step("payouts", "cancel", "payout.canceled", to("canceled")),
    Step("topups", "cancel", "topup.canceled", to("canceled")),
    Step("disputes", "close", "charge.dispute.closed", to("lost")),
    Step("reviews", "approve", "review.closed", _approved),
    Step("subscription_schedules", "cancel", "subscription_schedule.canceled", _canceled),
    Step("subscription_schedules", "release", "subscription_schedule.released", _released),
    Step("checkout_sessions", "expire", "checkout.session.expired", to("expired")),
    Step("payment_methods", "attach", "payment_method.attached", _attached),
    Step("payment_methods", "detach", "payment_method.detached", _detached),
)


def take(step: Step, call: Call) -> Response:
    resource, key = BY_NAME[step.collection], call.params["id"]
    rows = call.account.collections[step.collection]
    ordinal = rows.find(key)
    if ordinal is None:
        raise errors.missing(resource.object, key)
    record = rows.record(ordinal)
    if step.states and record["status"] not in step.states:
        message = f"You cannot {step.verb} this {resource.object}: its status is {record['status']}."
        raise errors.invalid(message, code=f"{resource.object}_invalid_status")
    return sent(resource, call.account.change_one(resource, ordinal, step.change(call, record), step.event))


@routes.route("POST", "/v1/payment_methods")
def create_payment_method(call: Call) -> Response:
    """Create a method that belongs to no customer yet."""
    resource, rows = BY_NAME["payment_methods"], call.account.collections["payment_methods"]
    if call.request.form.get("type") != "card":
        raise errors.invalid("Only cards can be created here.", param="type", code="parameter_missing")
    it = Seedling(call.account, resource.name, rows.end, "", call.account.clock.seconds())
    made = blank("payment_method_card") | card(it.chance) | {"brand": BRANDS[0]}
    return sent(resource, call.account.add(resource, {"type": "card", "card": made, "metadata": {}}))


@routes.route("POST", "/v1/payment_methods/{id}")
def change_payment_method(call: Call) -> Response:
    resource, key = BY_NAME["payment_methods"], call.params["id"]
    rows = call.account.collections[resource.name]
    ordinal = rows.find(key)
    if ordinal is None:
        raise errors.missing(resource.object, key)
    given = forms.parameters("payment_methods/{payment_method}", call.request.form_pairs)
    values = forms.merged(rows.record(ordinal), {"metadata": given.get("metadata")} if "metadata" in given else {})
    return sent(resource, call.account.change_one(resource, ordinal, values))


def _register() -> None:
    for step in STEPS:
        path = "payment_methods" if step.collection == "payment_methods" else BY_NAME[step.collection].path
        routes.add("POST", f"/v1/{path}/{{id}}/{step.verb}", partial(take, step))


_register()
