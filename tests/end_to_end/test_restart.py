"""`make down` and `make up`: everything is there again, and goes on."""

import pytest

from infra.local.running import Running, deployed
from tests.end_to_end.comparing import counts, differences, keyed
from tests.end_to_end.conftest import OpenAccount
from tests.end_to_end.people import Person, log_in

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

STREAMS = ("coupons", "products")


def test_after_a_stop_and_a_start_all_is_there_and_the_next_backup_builds_on_it(
    aws: Running, ada: Person, open_account: OpenAccount, options: list[str]
) -> None:
    stripe = open_account("stripe", coupons=6, products=5)
    source = ada.add_source(stripe, *STREAMS)
    first = ada.backed_up(source["job"])
    before = {stream: keyed(ada, first, stream) for stream in STREAMS}

    aws.engine.stop()
    again = deployed(aws.engine, sandbox_options=options)
    back = log_in(again, ada.email)

    assert (again.api, back.user_id, back.account_id) == (aws.api, ada.user_id, ada.account_id)
    assert [one["sourceId"] for one in back.items("/sources")] == [source["sourceId"]]
    assert back.snapshot(source["job"]) == first
    assert {stream: keyed(back, first, stream) for stream in STREAMS} == before

    stripe.delete("coupons", stripe.keys("coupons")[:1])
    stripe.create("products", 2)
    second = back.backed_up(back.sync(source))

    assert second["previousSnapshotId"] == first["snapshotId"]
    assert (counts(second, "coupons"), counts(second, "products")) == ((0, 0, 1), (2, 0, 0))
    assert differences(back, stripe, second, *STREAMS) == {}
