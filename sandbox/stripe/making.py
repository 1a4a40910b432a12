"""What creating a record means beyond storing its parameters: defaults, totals, effects on other records."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from sandbox.collection import Record
from sandbox.stripe import errors, views
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.catalog import BY_NAME
from sandbox.stripe.goods import recurrence
from sandbox.stripe.shapes import blank, sublist

MONTH = 30 * 86_400
Tree = dict[str, Any]
Make = Callable[[StripeAccount, Tree], Tree]


def values_for(name: str, account: StripeAccount, given: Tree) -> Tree:
    """Return what a new record of a collection holds besides the fields of its shape."""
    make = MAKERS.get(name)
    return make(account, given) if make else {}


def look_up(account: StripeAccount, collection: str, key: str, param: str) -> Record:
    """Find a record that a parameter names."""
    rows = account.collections[collection]
    ordinal = rows.find(key)
    if ordinal is None:
        noun = BY_NAME[collection].object
        raise errors.invalid(f"No such {noun}: '{key}'", param=param, code="resource_missing")
    return rows.record(ordinal)


def _customer(account: StripeAccount, given: Tree) -> Tree:  # noqa: ARG001
    return {
        "delinquent": False,
        "preferred_locales": [],
        "tax_exempt": "none",
        "metadata": {},
        "next_invoice_sequence": 1,
    }


def _product(account: StripeAccount, given: Tree) -> Tree:  # noqa: ARG001
    return {"active": True, "updated": account.clock.seconds()}


def _price(account: StripeAccount, given: Tree) -> Tree:
    recurring = given.get("recurring")
    amount = given.get("unit_amount")
    made: Tree = {"active": True, "tax_behavior": "unspecified", "type": "recurring" if recurring else "one_time"}
    if recurring:
        made["recurring"] = recurrence(recurring["interval"]) | recurring
    if amount is not None:
        made["unit_amount_decimal"] = str(amount)
    if "product_data" in given:
        fields = {name: value for name, value in given["product_data"].items() if name in blank("product")}
        made["product"] = account.add(BY_NAME["products"], _product(account, {}) | fields)["id"]
    elif "product" in given:
        look_up(account, "products", given["product"], "product")
    return made


def _plan(account: StripeAccount, given: Tree) -> Tree:  # noqa: ARG001
    amount = given.get("amount")
    return {"active": True, "interval_count": 1, "amount_decimal": None if amount is None else str(amount)}


def _coupon(account: StripeAccount, given: Tree) -> Tree:  # noqa: ARG001
    return {"valid": True, "duration": "once", "metadata": {}}


def _promotion_code(account: StripeAccount, given: Tree) -> Tree:
    coupon = look_up(account, "coupons", given["coupon"], "coupon")
    code = given.get("code") or f"PROMO{account.collections['promotion_codes'].end}"
    return {"active": True, "coupon": views.shown(BY_NAME["coupons"], coupon), "code": code, "metadata": {}}


def _subscription(account: StripeAccount, given: Tree) -> Tree:
    look_up(account, "customers", given["customer"], "customer")
    now = account.clock.seconds()
    key = account.collections["subscriptions"].key(account.collections["subscriptions"].end)
    rows = [_subscription_item(account, key, number, item) for number, item in enumerate(given.get("items", []))]
    return {
        "items": sublist(f"/v1/subscription_items?subscription={key}", rows),
        "status": "active",
        "start_date": now,
        "billing_cycle_anchor": now,
        "current_period_start": now,
        "current_period_end": now + MONTH,
        "currency": rows[0]["price"]["currency"] if rows else "usd",
    }


def _subscription_item(account: StripeAccount, subscription: str, number: int, item: Tree) -> Record:
    return blank("subscription_item") | {
        "id": f"si_{subscription.removeprefix('sub_')}{number:03d}",
        "created": account.clock.seconds(),
        "price": _item_price(account, number, item),
        "quantity": item.get("quantity", 1),
        "subscription": subscription,
        "tax_rates": [],
    }


def _item_price(account: StripeAccount, number: int, item: Tree) -> Record:
    """Find a price, or make the one that is described inline."""
    prices = BY_NAME["prices"]
    if "price_data" in item:
        given: Tree = item["price_data"]
        price = account.add(prices, _price(account, given) | given | {"active": False, "inline": True})
    else:
        price = look_up(account, "prices", item["price"], f"items[{number}][price]")
    return deepcopy(views.shown(prices, price))


def _invoice(account: StripeAccount, given: Tree) -> Tree:
    """Make a draft out of the customer's pending invoice items."""
    customer = look_up(account, "customers", given.get("customer", ""), "customer")
    invoices, items = account.collections["invoices"], account.collections["invoiceitems"]
    key = invoices.key(invoices.end)
    owned = account.owned(BY_NAME["invoiceitems"], "customer", customer["id"])
    pending = [(at, items.record(at)) for at in items.live(owned)]
    mine = [(at, row) for at, row in pending if row["customer"] == customer["id"] and row["invoice"] is None]
    for at, _ in mine:
        account.change_one(BY_NAME["invoiceitems"], at, {"invoice": key})
    lines = [_invoice_line(key, number, row) for number, (_, row) in enumerate(mine)]
    total = sum(line["amount"] for line in lines)
    return {
        "status": "draft", "currency": customer["currency"] or "usd", "auto_advance": False,
        "lines": sublist(f"/v1/invoices/{key}/lines", lines), "total": total, "subtotal": total, "amount_due": total,
        "amount_remaining": total, "metadata": {}, "customer_email": customer["email"],
    }  # fmt: skip


def _invoice_line(invoice: str, number: int, item: Record) -> Record:
    shared = ("amount", "currency", "description", "period", "quantity", "metadata")
    return blank("line_item") | {name: item[name] for name in shared} | {
        "id": f"il_{invoice.removeprefix('in_')}{number:03d}", "invoice_item": item["id"], "discounts": [],
    }  # fmt: skip


def _invoiceitem(account: StripeAccount, given: Tree) -> Tree:
    look_up(account, "customers", given["customer"], "customer")
    now, amount = account.clock.seconds(), given.get("amount", given.get("unit_amount", 0))
    return {
        "amount": amount, "unit_amount": amount, "unit_amount_decimal": str(amount), "currency": "usd", "date": now,
        "discountable": True, "period": {"start": now, "end": now}, "quantity": 1, "metadata": {},
    }  # fmt: skip


def _refund(account: StripeAccount, given: Tree) -> Tree:
    """Take money back from a charge, which changes the charge too."""
    charge = look_up(account, "charges", given.get("charge", ""), "charge")
    amount = given.get("amount", charge["amount"] - charge["amount_refunded"])
    if amount > charge["amount"] - charge["amount_refunded"]:
        raise errors.invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    total = charge["amount_refunded"] + amount
    ordinal = account.collections["charges"].find(charge["id"])
    if ordinal is not None:
        values = {"amount_refunded": total, "refunded": total == charge["amount"]}
        account.change_one(BY_NAME["charges"], ordinal, values)
    return {"amount": amount, "currency": charge["currency"], "status": "succeeded", "metadata": {}}


def _charge(account: StripeAccount, given: Tree) -> Tree:  # noqa: ARG001
    amount = given.get("amount", 0)
    return {"captured": True, "paid": True, "status": "succeeded", "amount_captured": amount, "fraud_details": {}}


def _payment_intent(account: StripeAccount, given: Tree) -> Tree:  # noqa: ARG001
    return {"status": "requires_payment_method", "payment_method_types": ["card"], "metadata": {}}


def _tax_id(account: StripeAccount, given: Tree) -> Tree:  # noqa: ARG001
    verification = {"status": "pending", "verified_address": None, "verified_name": None}
    return {"country": given["value"][:2].upper(), "verification": verification}


def _credit_note(account: StripeAccount, given: Tree) -> Tree:
    invoice = look_up(account, "invoices", given["invoice"], "invoice")
    notes = account.collections["credit_notes"]
    key, amount = notes.key(notes.end), given.get("amount", 0)
    line = blank("credit_note_line_item") | {"id": f"cnli_{key[3:]}000", "amount": amount, "quantity": 1}
    return {
        "amount": amount, "total": amount, "subtotal": amount, "customer": invoice["customer"],
        "currency": invoice["currency"], "number": f"CN-{notes.end:06d}", "metadata": {},
        "lines": sublist(f"/v1/credit_notes/{key}/lines", [line]),
        "pdf": f"https://files.stripe.com/v1/credit_notes/{key}/pdf",
    }  # fmt: skip


def _line_items(path: str, collection: str, defaults: Tree) -> Make:
    def make(account: StripeAccount, given: Tree) -> Tree:
        rows = account.collections[collection]
        key = rows.key(rows.end)
        lines = [_line_item(account, key, number, item) for number, item in enumerate(given.get("line_items", []))]
        return {**defaults, "line_items": sublist(f"/v1/{path}/{key}/line_items", lines), "metadata": {}}

    return make


def _line_item(account: StripeAccount, owner: str, number: int, item: Tree) -> Record:
    price = look_up(account, "prices", item["price"], f"line_items[{number}][price]") if "price" in item else None
    amount = (price["unit_amount"] or 0) * item.get("quantity", 1) if price else 0
    return blank("item") | {
        "id": f"li_{owner[-14:]}{number:03d}", "price": price and views.shown(BY_NAME["prices"], price),
        "quantity": item.get("quantity", 1),
        "amount_subtotal": amount, "amount_total": amount, "currency": price["currency"] if price else "usd",
    }  # fmt: skip


def _active(account: StripeAccount, given: Tree) -> Tree:  # noqa: ARG001
    return {"active": True}


def _draft_quote(account: StripeAccount, given: Tree) -> Tree:
    extra = {"status": "draft", "currency": "usd", "expires_at": account.clock.seconds() + MONTH}
    return _line_items("quotes", "quotes", extra)(account, given)


MAKERS: dict[str, Make] = {
    "customers": _customer,
    "products": _product,
    "prices": _price,
    "plans": _plan,
    "coupons": _coupon,
    "promotion_codes": _promotion_code,
    "tax_rates": _active,
    "shipping_rates": _active,
    "subscriptions": _subscription,
    "invoices": _invoice,
    "invoiceitems": _invoiceitem,
    "refunds": _refund,
    "charges": _charge,
    "payment_intents": _payment_intent,
    "tax_ids": _tax_id,
    "credit_notes": _credit_note,
    "quotes": _draft_quote,
    "checkout_sessions": _line_items(
        "checkout/sessions", "checkout_sessions", {"mode": "payment", "status": "open", "payment_status": "unpaid"}
    ),
    "payment_links": _line_items("payment_links", "payment_links", {"active": True, "currency": "usd"}),
}
