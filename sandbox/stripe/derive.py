"""Derives shapes.json from the vendor's OpenAPI file: what objects look like, and which parameters writes take.

Run `python -m sandbox.stripe.derive spec3.yaml.gz` after a change of the pinned API version.
"""

import gzip
import sys
from pathlib import Path
from typing import Any

import msgspec
import yaml

from sandbox.stripe.shapes import SHAPES_FILE

Schema = dict[str, Any]
Json = Any
DEPTH = 4
OBJECTS = [
    "account",
    "application_fee",
    "balance_transaction",
    "bank_account",
    "billing_portal.configuration",
    "card",
    "charge",
    "checkout.session",
    "coupon",
    "credit_note",
    "credit_note_line_item",
    "customer",
    "customer_balance_transaction",
    "customer_cash_balance_transaction",
    "dispute",
    "event",
    "fee_refund",
    "file",
    "file_link",
    "invoice",
    "invoiceitem",
    "issuing.authorization",
    "issuing.card",
    "issuing.cardholder",
    "issuing.dispute",
    "issuing.transaction",
    "item",
    "line_item",
    "payment_intent",
    "payment_link",
    "payment_method",
    "payment_method_card",
    "payout",
    "person",
    "plan",
    "price",
    "product",
    "promotion_code",
    "quote",
    "radar.early_fraud_warning",
    "radar.value_list",
    "radar.value_list_item",
    "refund",
    "review",
    "setup_attempt",
    "setup_intent",
    "shipping_rate",
    "subscription",
    "subscription_item",
    "subscription_schedule",
    "tax.settings",
    "tax_id",
    "tax_rate",
    "terminal.location",
    "terminal.reader",
    "topup",
    "transfer",
    "transfer_reversal",
    "webhook_endpoint",
]
WRITES = [
    "customers",
    "customers/{customer}",
    "customers/{customer}/tax_ids",
    "customers/{customer}/balance_transactions",
    "customers/{customer}/balance_transactions/{transaction}",
    "products",
    "products/{id}",
    "prices",
    "prices/{price}",
    "subscriptions",
    "subscriptions/{subscription_exposed_id}",
    "invoices",
    "invoices/{invoice}",
    "invoiceitems",
    "invoiceitems/{invoiceitem}",
    "charges",
    "charges/{charge}",
    "payment_intents",
    "payment_intents/{intent}",
    "refunds",
    "refunds/{refund}",
    "payouts",
    "payouts/{payout}",
    "disputes/{dispute}",
    "coupons",
    "coupons/{coupon}",
    "promotion_codes",
    "promotion_codes/{promotion_code}",
    "payment_methods",
    "payment_methods/{payment_method}",
    "credit_notes",
    "credit_notes/{id}",
    "file_links",
    "file_links/{link}",
    "plans",
    "plans/{plan}",
    "quotes",
    "quotes/{quote}",
    "setup_intents",
    "setup_intents/{intent}",
    "subscription_schedules",
    "subscription_schedules/{schedule}",
    "tax_rates",
    "tax_rates/{tax_rate}",
    "shipping_rates",
    "shipping_rates/{shipping_rate_token}",
    "transfers",
    "transfers/{transfer}",
    "transfers/{id}/reversals",
    "topups",
    "topups/{topup}",
    "checkout/sessions",
    "payment_links",
    "payment_links/{payment_link}",
    "radar/value_lists",
    "radar/value_lists/{value_list}",
    "radar/value_list_items",
    "application_fees/{id}/refunds",
    "issuing/authorizations/{authorization}",
    "issuing/transactions/{transaction}",
    "terminal/locations",
    "terminal/locations/{location}",
    "terminal/readers/{reader}",
]


def read_spec(path: Path) -> Schema:
    with gzip.open(path) as file:
        loaded: Schema = yaml.load(file, yaml.CSafeLoader)
    return loaded


def derive(spec: Schema) -> Schema:
    """Return {"version", "objects", "writes"}."""
    schemas = spec["components"]["schemas"]
    return {
        "version": spec["info"]["version"],
        "objects": {name: _members(schemas[name], schemas, DEPTH) for name in OBJECTS},
        "writes": {path: _parameters(spec["paths"][f"/v1/{path}"]["post"]) for path in WRITES},
    }


def _members(schema: Schema, schemas: Schema, depth: int) -> Schema:
    required = schema.get("required", [])
    kept = {
        name: member
        for name, member in schema.get("properties", {}).items()
        if name in required or member.get("nullable") or _is_plain(name, member, schema)
    }
    return {name: _neutral(member, schemas, depth) for name, member in kept.items()}


def _is_plain(name: str, member: Schema, schema: Schema) -> bool:
    scalar = member.get("type") in ("string", "integer", "number", "boolean")
    return scalar and name not in schema.get("x-expandableFields", []) and name != "deleted"


def _neutral(member: Schema, schemas: Schema, depth: int) -> Json:
    """Give the plainest value that the schema admits."""
    if member.get("nullable") or not depth:
        return None
    if "$ref" in member:
        return _members(schemas[member["$ref"].rsplit("/", 1)[1]], schemas, depth - 1)
    if "anyOf" in member:
        texts = [option for option in member["anyOf"] if option.get("type") == "string"]
        return "" if texts else _neutral(member["anyOf"][0], schemas, depth)
    if "enum" in member:
        return member["enum"][0]
    return _of_type(member, schemas, depth)


def _of_type(member: Schema, schemas: Schema, depth: int) -> Json:
    plain = {"string": "", "integer": 0, "number": 0.0, "boolean": False, "array": []}
    kind = member.get("type", "object")
    return plain[kind] if kind in plain else _members(member, schemas, depth)


def _parameters(operation: Schema) -> Schema:
    contents = operation["requestBody"]["content"]
    schema = next(iter(contents.values()))["schema"]
    return {"required": schema.get("required", []), "takes": _type(schema)}


def _type(schema: Schema) -> Json:
    """Name a parameter's type; objects become mappings, arrays one-element lists."""
    options = [option for option in schema.get("anyOf", []) if option.get("enum") != [""]]
    if options:
        return _type(next((option for option in options if "properties" in option), options[0]))
    if "properties" in schema:
        return {name: _type(member) for name, member in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_type(schema["items"])]
    return "map" if "additionalProperties" in schema else schema.get("type", "string")


if __name__ == "__main__":
    SHAPES_FILE.write_bytes(
        msgspec.json.format(msgspec.json.encode(derive(read_spec(Path(sys.argv[1])))), indent=1) + b"\n"
    )
