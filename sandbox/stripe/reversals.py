"""Rows that are added to a list inside a record: reversals of transfers, refunds of application fees."""

from sandbox.collection import Record
from sandbox.messages import Response
from sandbox.spelling import encode, pretty
from sandbox.stripe import errors, forms
from sandbox.stripe.catalog import BY_NAME
from sandbox.stripe.endpoints import Call, routes
from sandbox.stripe.shapes import blank, sublist


@routes.route("POST", "/v1/transfers/{id}/reversals")
def reverse_transfer(call: Call) -> Response:
    row = {"object": "transfer_reversal", "prefix": "trr", "owner": "transfer", "taken": "amount_reversed"}
    return _add(call, "transfers", "reversals", row, "transfer.reversed")


@routes.route("POST", "/v1/application_fees/{id}/refunds")
def refund_fee(call: Call) -> Response:
    row = {"object": "fee_refund", "prefix": "fr", "owner": "fee", "taken": "amount_refunded"}
    return _add(call, "application_fees", "refunds", row, "application_fee.refunded")


def _add(call: Call, collection: str, member: str, row: dict[str, str], event: str) -> Response:
    resource, rows = BY_NAME[collection], call.account.collections[collection]
    ordinal = rows.find(call.params["id"])
    if ordinal is None:
        raise errors.missing(resource.object, call.params["id"])
    record = rows.record(ordinal)
    made = _row(call, record, record[member]["data"], row, f"{resource.path}/{{id}}/{member}")
    total = record[row["taken"]] + made["amount"]
    flag = {"transfers": "reversed"}.get(collection, "refunded")
    values = {member: sublist(record[member]["url"], [made, *record[member]["data"]]), row["taken"]: total}
    call.account.change_one(resource, ordinal, values | {flag: total == record["amount"]}, event)
    return Response(200, pretty(encode(made)))


def _row(call: Call, record: Record, rows: list[Record], row: dict[str, str], path: str) -> Record:
    given = forms.parameters(path, call.request.form_pairs)
    left = record["amount"] - record[row["taken"]]
    amount = given.get("amount") or left
    if amount > left:
        raise errors.invalid(f"The amount is more than what is left ({left}).", param="amount")
    return blank(row["object"]) | {
        "id": f"{row['prefix']}_{record['id'].partition('_')[2]}n{len(rows):03d}",
        "amount": amount,
        "created": call.account.clock.seconds(),
        "currency": record["currency"],
        "metadata": given.get("metadata") or {},
        row["owner"]: record["id"],
    }
