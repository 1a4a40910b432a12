"""An update of ours reaches the records of sources that exist, also those that do not change at the vendor."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import msgspec
import pytest

from chalicelib.archive.manifest import Manifest
from chalicelib.backup.declared import Declared, declared
from chalicelib.backup.previous import before
from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Stream
from chalicelib.connectors.stripe import STRIPE
from chalicelib.connectors.stripe.streams import half_listed, types
from processors import stripe
from processors.runtime import processor
from tests.backup.reading import kept, manifest_of
from tests.backup.world import World

CUSTOMERS, LINKS, ITEMS, PRICES = "customers", "payment_links", "payment_link_line_items", "prices"
OLD_PRICES = half_listed(PRICES, types("price", "created updated deleted"), edition=1, about="as it once was")


@contextmanager
def release(*streams: Stream) -> Iterator[None]:
    """Have a release of ours deployed in which these streams are declared so."""
    named = {stream.name: stream for stream in streams}
    connector = replace(STRIPE, streams=tuple(named.get(stream.name, stream) for stream in STRIPE.streams))
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(CONNECTORS, "stripe", connector)
        patched.setattr(stripe, "handler", processor(connector))
        yield


def test_what_a_later_edition_asks_for_is_read_of_all_records_and_once(world: World) -> None:
    world.choose(PRICES)
    with release(OLD_PRICES):
        world.sync()
        again = world.sync()

    updated, after = world.sync(), world.sync()

    assert manifest_of(again).streams[PRICES].changed == 0
    assert (updated.status, manifest_of(updated).anomalies) == ("completed", [])
    assert kept(updated, PRICES) == world.vendor.records(PRICES)
    assert any(b'"currency_options"' in line for line in kept(updated, PRICES).values())
    assert [manifest_of(job).streams[PRICES].unchanged for job in (updated, after)] == [0, 0]


def test_a_later_edition_that_was_not_read_whole_is_read_again(world: World) -> None:
    world.choose(PRICES)
    with release(OLD_PRICES):
        world.sync()
    world.vendor.fault("status", path="/v1/prices", status=418, times=0)
    failed = world.sync()
    world.vendor.forget_faults()

    job = world.sync()

    assert (failed.status, manifest_of(failed).streams[PRICES].status) == ("partial", "failed")
    assert kept(job, PRICES) == world.vendor.records(PRICES)


@pytest.mark.parametrize("fails", [False, True], ids=["at once", "after a job that failed"])
def test_a_stream_with_another_key_is_read_in_full_and_has_each_record_once(world: World, fails: bool) -> None:
    world.choose(CUSTOMERS)
    world.sync()
    with release(replace(STRIPE.stream(CUSTOMERS), key="invoice_prefix")):
        if fails:
            world.vendor.fault("status", path="/v1/customers", status=418, times=0)
            assert world.sync().status == "partial"
            world.vendor.forget_faults()

        job = world.sync()

    assert sorted(kept(job, CUSTOMERS).values()) == sorted(world.vendor.records(CUSTOMERS).values())
    assert manifest_of(job).streams[CUSTOMERS].key_path == "invoice_prefix"


def test_children_are_declared_otherwise_where_the_keys_of_their_parents_are() -> None:
    links = replace(STRIPE.stream(LINKS), key="url")
    changed = replace(STRIPE, streams=(links, STRIPE.stream(ITEMS)))

    keys = [declared(connector, connector.stream(ITEMS)).keys for connector in (STRIPE, changed)]

    assert keys == ["payment_links.id/id", "payment_links.url/id"]


def test_a_manifest_that_does_not_say_how_a_stream_was_declared_has_its_first_edition(world: World) -> None:
    world.choose(LINKS, ITEMS)
    manifest = older(manifest_of(world.sync()))

    left = {name: before(manifest, name) for name in (LINKS, ITEMS)}

    assert [one and one.declared for one in left.values()] == [
        Declared(1, "id"),
        Declared(1, "payment_links.id/id"),
    ]


def older(manifest: Manifest) -> Manifest:
    """Give a manifest as it was written before `declared` was kept."""
    streams = {
        name: msgspec.structs.replace(one, since={key: one.since[key] for key in one.since if key != "declared"})
        for name, one in manifest.streams.items()
    }
    return msgspec.structs.replace(manifest, streams=streams)
