"""Stripe, from consent to verified snapshots: lists, children, lists inside records, events, sweeps."""

import json
from typing import Any

import pytest
import zstandard

from infra.local.running import Running
from tests.end_to_end.comparing import counts, differences, keyed, stored_bytes
from tests.end_to_end.conftest import OpenAccount
from tests.end_to_end.people import Json, Person

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

STREAMS = ("customers", "tax_ids", "invoices", "invoice_lines", "coupons", "charges")
SIZES = {"customers": 12, "tax_ids": 9, "invoices": 8, "coupons": 5, "charges": 10}


def test_what_stripe_holds_is_kept_then_what_has_changed_then_nothing(ada: Person, open_account: OpenAccount) -> None:
    stripe = open_account("stripe", **SIZES)
    source = ada.add_source(stripe, *STREAMS)

    first = ada.backed_up(source["job"])

    assert differences(ada, stripe, first, *STREAMS) == {}
    customers, tax_ids = stripe.keys("customers"), stripe.keys("tax_ids")
    stripe.change("customers", customers[:2], name="Changed since")
    stripe.delete("tax_ids", tax_ids[:1])
    stripe.create("invoices", 2)
    stripe.pass_time(60)

    second = ada.backed_up(ada.sync(source))

    assert differences(ada, stripe, second, *STREAMS) == {}
    assert second["previousSnapshotId"] == first["snapshotId"]
    assert counts(second, "customers") == (0, 2, 0)
    assert counts(second, "tax_ids") == (0, 0, 1)
    assert counts(second, "invoices") == (2, 0, 0)
    assert counts(second, "charges") == (0, 0, 0)
    assert 0 < stored_bytes(second) < stored_bytes(first)

    third = ada.backed_up(ada.sync(source))

    assert stored_bytes(third) == 0
    assert differences(ada, stripe, third, *STREAMS) == {}


def test_a_deletion_is_found_by_events_or_else_by_a_sweep_and_stays_in_the_history(
    aws: Running, ada: Person, open_account: OpenAccount
) -> None:
    stripe = open_account("stripe", coupons=6)
    source = ada.add_source(stripe, "coupons")
    ada.backed_up(source["job"])
    told, swept, *_ = stripe.keys("coupons")

    stripe.delete("coupons", [told])
    by_events = ada.backed_up(ada.sync(source))
    stripe.delete("coupons", [swept])
    by_sweep = ada.backed_up(ada.sync(source, "full"))

    assert tombstones(aws, by_events, "coupons") == {told: "vendor"}
    assert tombstones(aws, by_sweep, "coupons") == {swept: "sweep"}
    assert keyed(ada, by_sweep, "coupons").keys() == set(stripe.keys("coupons"))
    past = ada.items(f"/sources/{source['sourceId']}/streams/coupons/records/{swept}/history")
    assert [version["change"] for version in past] == ["deleted", "added"]


def tombstones(aws: Running, snapshot: Json, stream: str) -> dict[str, str]:
    """Read the evidence of each deletion from the stored object, by key."""
    prefix = snapshot["manifest"]["key"].rpartition("/")[0]
    s3, bucket = aws.engine.client("s3"), aws.environment()["DATA_BUCKET"]
    stored = s3.get_object(Bucket=bucket, Key=f"{prefix}/{stream}/deleted.jsonl.zst")["Body"].read()
    reader = zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True)
    lines: list[dict[str, Any]] = [json.loads(line) for line in reader.read().splitlines()]
    return {line["key"]: line["evidence"] for line in lines}
