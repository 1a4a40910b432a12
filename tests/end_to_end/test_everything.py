"""A first backup of all there is: every stream that the vendor's books know of, record by record."""

import pytest

from tests.end_to_end.comparing import differences, on_the_books
from tests.end_to_end.conftest import OpenAccount
from tests.end_to_end.people import Person

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]


@pytest.mark.parametrize(("platform", "streams"), [("stripe", 55), ("hubspot", 55)])
def test_all_that_a_vendor_holds_is_in_the_first_snapshot(
    generous: None, ada: Person, open_account: OpenAccount, platform: str, streams: int
) -> None:
    vendor = open_account(platform, **{"*": 3})
    source = ada.add_source(vendor)

    snapshot = ada.backed_up(source["job"])

    compared = on_the_books(vendor, snapshot)
    assert len(compared) >= streams
    assert differences(ada, vendor, snapshot, *compared) == {}
    assert {found["status"] for found in snapshot["streams"].values()} == {"complete"}
