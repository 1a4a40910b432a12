"""Stripe's oddities: events, nested lists, products an account does not have."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.connectors.connector import Answer, Page, Parent, Reading, Request
from chalicelib.connectors.refusals import MissingError, NotOfferedError, StaleCursorError
from chalicelib.connectors.stripe import STRIPE
from chalicelib.connectors.stripe.errors import UnpermittedError, refusal
from chalicelib.connectors.stripe.oauth import identify, revoke
from chalicelib.errors import BackupError, ForbiddenStreamError, ReauthorizeError, RetryableError
from tests.connectors.reading import changes_of, pages

SINCE = 1_767_225_600
UNTIL = datetime.fromtimestamp(SINCE + 86_400, UTC)
READING = Reading(since=SINCE, until=UNTIL)


class Stripe:
    """Answers with the events it was given, with objects by their id, and with empty lists for the rest."""

    def __init__(self, events: Iterable[dict[str, Any]] = (), objects: dict[str, Any] | None = None) -> None:
        self.events, self.objects = list(events), objects or {}
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.path == "/v1/events":
            of_types = [event for event in self.events if event["type"] in request.params["types[]"]]
            return self._told({"data": of_types, "has_more": False})
        found = self.objects.get(request.path)
        if found is None and request.path.count("/") > 2:
            raise MissingError("gone")
        return self._told(found or {"data": [], "has_more": False})

    def _told(self, value: Any) -> Answer:
        return Answer(json.dumps(value).encode(), UNTIL, {})

    def looked_up(self) -> list[str]:
        return [request.path for request in self.asked if request.path.count("/") > 2]


def event(kind: str, at: int = SINCE + 60, **named: Any) -> dict[str, Any]:
    return {"id": f"evt_{kind}", "type": kind, "created": at, "data": {"object": named}}


def changes(stream: str, stripe: Stripe) -> list[Page]:
    return list(pages(changes_of(STRIPE.stream(stream)), stripe, READING))


def test_f51_a_changed_object_is_read_again_and_once_however_many_events_there_are() -> None:
    stripe = Stripe(
        [event("customer.updated", id="cus_1"), event("customer.created", id="cus_1")],
        {"/v1/customers/cus_1": {"id": "cus_1", "name": "now"}},
    )

    last = changes("customers", stripe)[-1]

    assert [json.loads(bytes(record)) for record in last.records] == [{"id": "cus_1", "name": "now"}]
    assert stripe.looked_up() == ["/v1/customers/cus_1"]
    assert last.since == int(UNTIL.timestamp())


@pytest.mark.parametrize(
    "objects", [{}, {"/v1/customers/cus_1": {"id": "cus_1", "object": "customer", "deleted": True}}]
)
def test_f42_an_object_that_is_gone_is_reported_deleted(objects: dict[str, Any]) -> None:
    last = changes("customers", Stripe([event("customer.updated", id="cus_1")], objects))[-1]

    assert (list(last.records), list(last.deleted)) == ([], ["cus_1"])


def test_an_id_that_was_deleted_and_made_anew_is_there() -> None:
    stripe = Stripe([event("coupon.deleted", id="10 %")], {"/v1/coupons/10%20%25": {"id": "10 %"}})

    last = changes("coupons", stripe)[-1]

    assert (len(last.records), list(last.deleted)) == (1, [])


@pytest.mark.parametrize(("stream", "field"), [("customers", "tax"), ("prices", "tiers"), ("coupons", "applies_to")])
def test_what_stripe_sends_only_on_request_is_asked_for_in_every_way_of_reading(stream: str, field: str) -> None:
    kind = stream.removesuffix("s")
    stripe = Stripe([event(f"{kind}.updated", id="x_1")], {f"/v1/{stream}/x_1": {"id": "x_1"}})

    changes(stream, stripe)
    list(pages(STRIPE.stream(stream).full, stripe, READING))

    asked = {request.path: request.params for request in stripe.asked}
    assert f"data.{field}" in asked[f"/v1/{stream}"]["expand[]"]
    assert field in asked[f"/v1/{stream}/x_1"]["expand[]"]


def test_objects_that_were_just_listed_as_new_are_not_read_again() -> None:
    new: dict[str, Any] = {"id": "cus_1", "created": SINCE + 10}
    stripe = Stripe([event("customer.updated", **new), event("customer.created", **new)])

    assert changes("customers", stripe)[-1].deleted == []
    assert stripe.looked_up() == []


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "reordered"])
def test_f51_events_in_any_order_and_told_twice_come_to_what_is_there_now(order: int) -> None:
    told = [event(f"customer.{what}", id="cus_1") for what in ("created", "deleted", "updated", "updated")]
    stripe = Stripe(told[::order], {"/v1/customers/cus_1": {"id": "cus_1"}})

    last = changes("customers", stripe)[-1]

    assert (len(last.records), list(last.deleted)) == (1, [])


def test_a_new_object_that_was_deleted_again_is_looked_for() -> None:
    stripe = Stripe([event("customer.deleted", id="cus_1", created=SINCE + 10)])

    assert changes("customers", stripe)[-1].deleted == ["cus_1"]


def test_what_changed_after_the_job_began_is_read_again_though_it_is_new() -> None:
    late = int(UNTIL.timestamp()) + 5
    new: dict[str, Any] = {"id": "cus_1", "created": SINCE + 10}
    stripe = Stripe([event("customer.updated", late, **new)], {"/v1/customers/cus_1": new})

    assert len(changes("customers", stripe)[-1].records) == 1


def test_an_event_may_be_about_another_object_than_its_own() -> None:
    stripe = Stripe([event("charge.dispute.created", id="dp_1", charge="ch_1")], {"/v1/charges/ch_1": {"id": "ch_1"}})

    assert len(changes("charges", stripe)[-1].records) == 1


def test_no_call_asks_for_more_than_twenty_types() -> None:
    for stream in STRIPE.streams:
        if stream.retains and stream.name != "events":
            stripe = Stripe()
            changes(stream.name, stripe)
            asked = [request.params["types[]"] for request in stripe.asked if request.path == "/v1/events"]
            assert asked
            assert all(1 <= len(types) <= 20 for types in asked)


def test_a5_events_are_asked_for_from_a_little_before() -> None:
    stripe = Stripe()

    changes("invoices", stripe)

    assert {request.params["created[gte]"] for request in stripe.asked} == {SINCE - 600}


def test_a_childs_event_tells_whose_it_is() -> None:
    stripe = Stripe(
        [event("payment_method.attached", id="pm_1", customer="cus_1")],
        {"/v1/customers/cus_1/payment_methods/pm_1": {"id": "pm_1"}},
    )

    last = changes("payment_methods", stripe)[-1]

    assert (len(last.records), list(last.parents)) == (1, ["cus_1"])


def test_a_detached_payment_method_is_gone_from_whom_it_belonged_to() -> None:
    detached = event("payment_method.detached", id="pm_1", customer=None)
    detached["data"]["previous_attributes"] = {"customer": "cus_1"}

    assert changes("payment_methods", Stripe([detached]))[-1].deleted == ["cus_1/pm_1"]


@pytest.mark.parametrize(("livemode", "asked"), [(True, 1), (False, 2)])
def test_whether_a_childs_parent_lives_by_a_test_clock_is_asked_in_test_mode_only(livemode: bool, asked: int) -> None:
    attached = event("payment_method.attached", id="pm_1", customer="cus_1") | {"livemode": livemode}
    stripe = Stripe(
        [attached], {"/v1/customers/cus_1/payment_methods/pm_1": {"id": "pm_1"}, "/v1/customers/cus_1": {"id": "cus_1"}}
    )

    last = changes("payment_methods", stripe)[-1]

    assert (len(last.records), len(stripe.looked_up())) == (1, asked)


def nested(*lines: str) -> Reading:
    parents = [Parent(json.loads(line)["id"], line.encode()) for line in lines]
    return Reading(until=UNTIL, parents=parents)


def test_a_list_that_its_parent_shows_whole_costs_no_request() -> None:
    stripe = Stripe()
    reading = nested(
        '{"id":"in_1","lines":{"data":[{"id":"il_1","amount":10.00}],"has_more":false,"url":"x"}}',
        '{"id":"in_2","lines":{"data":[],"has_more":false,"url":"x"}}',
    )

    (page,) = pages(STRIPE.stream("invoice_lines").full, stripe, reading)

    assert [bytes(record) for record in page.records] == [b'{"id":"il_1","amount":10.00}']
    assert (list(page.parents), stripe.asked) == (["in_1"], [])


def test_a_longer_list_is_paged_for_its_parent() -> None:
    stripe = Stripe(objects={"/v1/invoices/in_2/lines": {"data": [{"id": "il_9"}], "has_more": False}})
    reading = nested(
        '{"id":"in_1","lines":{"data":[{"id":"il_1"}],"has_more":false}}',
        '{"id":"in_2","lines":{"data":[{"id":"il_2"}],"has_more":true}}',
    )

    read = list(pages(STRIPE.stream("invoice_lines").full, stripe, reading))

    assert [(list(page.parents), len(page.records)) for page in read] == [(["in_1"], 1), (["in_2"], 1)]


def test_f42_a_parent_that_is_gone_takes_no_longer_list_of_the_others_with_it() -> None:
    whole = {"/v1/invoices/in_3/lines": {"data": [{"id": "il_9"}], "has_more": False}}
    reading = nested(*(f'{{"id":"in_{n}","lines":{{"data":[{{"id":"il_{n}"}}],"has_more":true}}}}' for n in (1, 2, 3)))

    read = list(pages(STRIPE.stream("invoice_lines").full, Stripe(objects=whole), reading))

    assert [(one.key, one.there, one.under) for page in read for one in page.skipped] == [
        ("in_1", False, True),
        ("in_2", False, True),
    ]
    assert [list(page.parents) for page in read if page.records] == [["in_3"]]


def test_settings_that_have_no_id_are_one_record_by_their_kind() -> None:
    stripe = Stripe(objects={"/v1/tax/settings": {"object": "tax.settings", "status": "active"}})
    stream = STRIPE.stream("tax_settings")

    (page,) = pages(stream.full, stripe, READING)

    assert [json.loads(bytes(record))[stream.key] for record in page.records] == ["tax.settings"]


def test_a_job_goes_on_that_was_begun_when_reviews_were_only_listed() -> None:
    stream, stripe = STRIPE.stream("reviews"), Stripe()
    assert stream.changes is not None

    stream.full(stripe, READING, {"after": ["prv_1"]})
    stream.changes(stripe, READING, {"created": {"after": ["prv_1"]}})

    assert stripe.asked[0].params["starting_after"] == "prv_1"
    assert stripe.asked[1].path == "/v1/events"


def refused(status: int, headers: dict[str, str] | None = None, **error: str) -> BackupError | None:
    return refusal(status, headers or {}, json.dumps({"error": error}).encode())


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (refused(400, code="resource_missing", param="starting_after"), StaleCursorError),
        (refused(400, message="Your account is not set up to use Issuing."), NotOfferedError),
        (refused(403, message="Having the 'rak_customer_read' permission would help"), UnpermittedError),
        (refused(403, code="oauth_scope_insufficient"), ForbiddenStreamError),
        (refused(403, code="account_invalid"), ReauthorizeError),
        (refused(400, {"Stripe-Should-Retry": "true"}), RetryableError),
        (refused(401, {"Stripe-Should-Retry": "true"}), type(None)),
        (refused(200), type(None)),
        (refusal(403, {}, b"<html>"), type(None)),
    ],
)
def test_an_error_answer_is_understood(found: BackupError | None, error: type[BaseException]) -> None:
    assert type(found) is error


def test_a_missing_permission_is_named_and_nothing_else_of_the_message() -> None:
    told = str(refused(403, message="The key 'rk_live_abc' lacks it. Having the 'rak_charge_read' permission helps."))

    assert "rak_charge_read" in told
    assert "rk_live" not in told


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Having the 'rak_v2_account_read' permission would allow this request to continue.", "rak_v2_account_read"),
        (
            "This is a restricted API key, but the required permissions are not available for use by restricted keys.",
            "no restricted key",
        ),
    ],
)
def test_a_restricted_keys_owner_is_told_what_to_do(message: str, told: str) -> None:
    refusal = refused(403, message=f"The provided key 'rk_live_***' does not have the required permissions. {message}")

    assert isinstance(refusal, ForbiddenStreamError)
    assert told in str(refusal)


def test_a_product_that_the_account_does_not_have_is_noted_and_not_an_error() -> None:
    def fetch(request: Request) -> Answer:
        raise NotOfferedError("no Issuing")

    page = STRIPE.stream("issuing_cards").full(fetch, READING, None)

    assert (list(page.records), page.next, len(page.skipped)) == ([], None, 1)


def test_whose_account_it_is_comes_from_the_token_answer() -> None:
    fetch = Stripe(objects={"/v1/account": {"id": "acct_1", "email": "a@example.com"}})

    assert identify(fetch, {"stripe_user_id": "acct_1", "scope": "read_only"}).account_id == "acct_1"


def test_an_account_is_disconnected_with_the_platforms_key() -> None:
    ended = revoke({"access_token": "x", "platform_data": {"stripe_user_id": "acct_1"}}, "ca_1", "sk_1")

    assert (ended.path, ended.form) == ("/oauth/deauthorize", {"client_id": "ca_1", "stripe_user_id": "acct_1"})
    assert ended.headers["Authorization"] == "Basic c2tfMTo="
    assert not ended.authorized
