"""F47: what a vendor announces in the headers of good answers."""

import pytest

from chalicelib.connectors.connector import Request
from chalicelib.connectors.notices import notice_of
from tests.connectors.conftest import Opened
from tests.connectors.test_session import CUSTOMERS, GOOD
from tests.connectors.vendor import Vendor, page

ENDS = {"Deprecation": "@1767225600", "Sunset": "Wed, 01 Jul 2026 00:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, None),
        (ENDS, "/v1/customers: Deprecation @1767225600, Sunset Wed, 01 Jul 2026 00:00:00 GMT"),
        ({"Stripe-Version": "2026-01-01"}, "/v1/customers: Stripe-Version 2026-01-01 instead of 2023-08-16"),
        ({"Stripe-Version": "2023-08-16"}, None),
    ],
)
def test_f47_what_ends_and_what_is_of_another_version_is_noticed(headers: dict[str, str], told: str | None) -> None:
    assert notice_of(Request("/v1/customers/cus_1"), {"Stripe-Version": "2023-08-16"}, headers) == told


def test_f47_no_secret_of_a_path_is_told() -> None:
    told = notice_of(Request("/oauth/v1/access-tokens/secret"), {}, ENDS)

    assert told is not None
    assert told.startswith("/oauth/v1: ")


def test_f47_an_announcement_is_told_once_and_the_answers_are_taken(open_session: Opened, vendor: Vendor) -> None:
    told: list[str] = []
    session = open_session(notify=told.append)
    vendor.tell(page(GOOD, headers=ENDS))

    bodies = [session.fetch(CUSTOMERS).body for _ in range(3)]

    assert len(set(bodies)) == 1
    assert told == ["/v1/customers: Deprecation @1767225600, Sunset Wed, 01 Jul 2026 00:00:00 GMT"]
