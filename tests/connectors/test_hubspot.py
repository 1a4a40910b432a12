"""HubSpot's oddities: properties, searches, associations, archived objects, signed addresses."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.connectors.connector import Parent, Reading, Request
from chalicelib.connectors.hubspot import HUBSPOT
from chalicelib.connectors.hubspot.errors import quota, refusal
from chalicelib.connectors.hubspot.oauth import identify
from chalicelib.errors import FatalError, ForbiddenStreamError, RetryableError
from tests.connectors.portal import SINCE, UNTIL, HubSpot, named, objects
from tests.connectors.reading import changes_of, pages

FEW = {"properties": ["email", "favourite_colour"]}
MANY = {"properties": [f"a_rather_long_property_name_{n}" for n in range(600)]}


def test_every_property_is_asked_for_custom_ones_too() -> None:
    hubspot = HubSpot(lambda _request: {"results": [{"name": "favourite_colour"}, {"name": "email"}]})

    prepare = HUBSPOT.stream("contacts").prepare

    assert prepare is not None
    assert prepare(hubspot) == FEW


def test_a_list_of_properties_that_fits_is_sent_with_the_listing() -> None:
    hubspot = HubSpot(lambda _request: objects("1"))

    HUBSPOT.stream("contacts").full(hubspot, Reading(facts=FEW, until=UNTIL), None)

    assert hubspot.asked[0].params["properties"] == "email,favourite_colour"
    assert hubspot.asked[0].params["archived"] == "false"


def test_a_longer_one_is_sent_in_a_body() -> None:
    hubspot = HubSpot(lambda _request: objects("1", "2"))

    page = HUBSPOT.stream("contacts").full(hubspot, Reading(facts=MANY, until=UNTIL), None)

    assert hubspot.paths() == ["contacts", "read"]
    assert hubspot.asked[1].body["properties"] == MANY["properties"]
    assert hubspot.asked[1].body["inputs"] == [{"id": "1"}, {"id": "2"}]
    assert page.since == int(UNTIL.timestamp() * 1000)


def searching(total: int) -> tuple[HubSpot, list[str]]:
    """A portal with so many changed objects, of which a search finds 200 at a time."""
    ids = [str(100 + n) for n in range(total)]

    def tell(request: Request) -> dict[str, Any]:
        if request.path.endswith("/batch/read"):
            return objects(*(each["id"] for each in request.body["inputs"]))
        if "/properties/" in request.path:
            return {"results": [{"name": name} for name in FEW["properties"]]}
        if request.method == "GET":
            return objects("7")
        after = int(request.body["filterGroups"][0]["filters"][1]["value"])
        left = [each for each in ids if int(each) > after]
        return {"total": len(left), "results": [{"id": each} for each in left[:200]]}

    return HubSpot(tell), ids


def files(ids: Sequence[int]) -> HubSpot:
    """A file manager that shows 10,000 results of a search at most, and whose cursors are not meant to be read."""

    def tell(request: Request) -> dict[str, Any]:
        low, high = request.params.get("idGte", 0), request.params.get("idLte", 10**12)
        found = [each for each in ids if low <= each <= high][:10_000]
        start, limit = int(base64.b64decode(request.params.get("after", "MA=="))), request.params["limit"]
        cursor = base64.b64encode(str(start + limit).encode()).decode()
        more = {"paging": {"next": {"after": cursor}}} if start + limit <= len(found) else {}
        assert start < 10_000, "HubSpot refuses to be asked beyond its cap"
        return {"results": [{"id": str(each)} for each in found[start : start + limit]]} | more

    return HubSpot(tell)


@pytest.mark.parametrize("ids", [range(1, 20_101), range(20_100, 0, -1), range(1, 10_001)], ids=["up", "down", "cap"])
@pytest.mark.parametrize("stream", ["files", "folders"])
def test_f38_more_files_than_a_search_shows_are_all_listed(stream: str, ids: Sequence[int]) -> None:
    read = list(pages(HUBSPOT.stream(stream).full, files(ids), Reading(until=UNTIL)))

    listed = [json.loads(bytes(row))["id"] for page in read for row in page.records]
    assert set(listed) == {str(each) for each in ids}
    assert len(listed) <= len(ids) + 3


def test_f38_a_search_that_ends_at_the_cap_in_no_order_is_an_error() -> None:
    mixed = [number ^ 1 for number in range(2, 12_000)]

    with pytest.raises(FatalError, match="result_cap"):
        list(pages(HUBSPOT.stream("files").full, files(mixed), Reading(until=UNTIL)))


def test_f37_f38_a6_more_changes_than_a_search_can_show_are_all_found() -> None:
    hubspot, ids = searching(10_500)

    read = list(pages(changes_of(HUBSPOT.stream("deals")), hubspot, Reading(since=SINCE, until=UNTIL)))

    assert [json.loads(bytes(row))["id"] for page in read for row in page.records] == ids
    assert all("after" not in (request.body or {}) for request in hubspot.asked)
    assert all(len((request.body or {}).get("inputs", [])) <= 100 for request in hubspot.asked)


def test_properties_are_asked_for_once_with_the_first_changed_object() -> None:
    (unchanged, _), (changed, _) = searching(0), searching(450)

    for hubspot in (unchanged, changed):
        list(pages(changes_of(HUBSPOT.stream("products")), hubspot, Reading(since=SINCE, until=UNTIL)))

    read = [request for request in changed.asked if request.path.endswith("/batch/read")]
    assert [request.path.split("/")[3] for request in unchanged.asked] == ["objects", "objects"]
    assert sum("/properties/" in request.path for request in changed.asked) == 1
    assert {tuple(request.body["properties"]) for request in read} == {("email", "favourite_colour")}


def test_a5_a7_a_search_begins_before_the_last_reading_for_its_index_lags() -> None:
    hubspot, _ = searching(1)

    list(pages(changes_of(HUBSPOT.stream("contacts")), hubspot, Reading(since=SINCE, until=UNTIL)))

    first = hubspot.asked[0].body["filterGroups"][0]["filters"][0]
    assert first == {"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(SINCE - 600_000)}


def test_archived_objects_are_reported_as_deleted() -> None:
    hubspot, _ = searching(0)

    last = list(pages(changes_of(HUBSPOT.stream("deals")), hubspot, Reading(since=SINCE, until=UNTIL)))[-1]

    assert list(last.deleted) == ["7"]
    assert hubspot.asked[-1].params["archived"] == "true"


@pytest.mark.parametrize(
    ("found", "error"),
    [({"total": 5, "results": []}, "counts 5 more"), ({"total": 5, "results": [{"id": "3"}]}, "cursor_loop")],
)
def test_f41_a_search_that_does_not_go_on_is_an_error(found: dict[str, Any], error: str) -> None:
    hubspot = HubSpot(lambda request: found if request.path.endswith("/search") else named(objects("3")))

    with pytest.raises(FatalError, match=error):
        changes_of(HUBSPOT.stream("deals"))(hubspot, Reading(since=SINCE, until=UNTIL), {"after": 9})


def test_f41_objects_that_are_counted_and_shown_only_the_second_time_are_read() -> None:
    told = [{"total": 1, "results": []}, {"total": 1, "results": [{"id": "12"}]}]
    hubspot = HubSpot(lambda request: told.pop(0) if request.path.endswith("/search") else named(objects("12")))

    page = changes_of(HUBSPOT.stream("deals"))(hubspot, Reading(since=SINCE, until=UNTIL), {"after": 9})

    assert [json.loads(bytes(row))["id"] for row in page.records] == ["12"]


def test_associations_beyond_five_hundred_are_asked_for_by_their_place() -> None:
    def tell(request: Request) -> dict[str, Any]:
        if "after" in request.body["inputs"][0]:
            return {"results": [{"from": {"id": "1"}, "to": [{"toObjectId": 9}]}]}
        first = {"from": {"id": "1"}, "to": [{"toObjectId": 7}], "paging": {"next": {"after": "9"}}}
        return {"results": [first, {"from": {"id": "2"}, "to": [{"toObjectId": 7}, {"toObjectId": 8}]}]}

    hubspot = HubSpot(tell)
    reading = Reading(parents=[Parent("1", b"{}"), Parent("2", b"{}"), Parent("3", b"{}")])

    read = list(pages(HUBSPOT.stream("contacts_to_companies").full, hubspot, reading))

    assert [list(page.parents) for page in read] == [["1", "2", "2"], ["1"]]
    assert hubspot.asked[1].body == {"inputs": [{"id": "1", "after": "9"}]}


def test_own_types_are_paired_with_all_types_and_with_each_other_once() -> None:
    hubspot = HubSpot(lambda _request: {"results": [{"objectTypeId": "2-9"}, {"objectTypeId": "2-1"}]})

    names = HUBSPOT.dynamic[1].discover(hubspot)

    ours = {name for name in names if name.rpartition("_to_")[2].startswith("2-")}
    assert ours == {f"associations_custom_2-{one}_to_2-{other}" for one, other in ((1, 1), (1, 9), (9, 9))}
    assert {"associations_custom_2-1_to_calls", "associations_custom_2-9_to_invoices"} <= set(names)


def test_a_group_that_may_not_be_read_is_named_and_the_others_go_on() -> None:
    def tell(request: Request) -> dict[str, Any]:
        if request.path.endswith("/deals"):
            raise ForbiddenStreamError("the connection lacks HubSpot's scope crm.objects.deals.read")
        return {"results": [] if "schemas" in request.path else [{"id": "0"}]}

    read = list(pages(HUBSPOT.stream("pipelines").full, HubSpot(tell), Reading()))

    assert [skipped.key for page in read for skipped in page.skipped] == ["deals"]
    assert [parent for page in read for parent in page.parents] == ["tickets", "leads", "orders"]


def test_a_file_is_fetched_from_its_signed_address_without_our_token() -> None:
    url = "https://7.fs1.hubspotusercontent-na1.net/hubfs/7/logo.png?Signature=x"
    content = HUBSPOT.stream("files").content
    assert content is not None

    request = content.locate(HubSpot(lambda _request: {"url": url}), b'{"id":"9","fileMd5":"abc"}')

    assert (request.path, request.authorized) == (url, False)
    assert content.fingerprint(b'{"id":"9","fileMd5":"abc"}') == "abc"


def test_a_missing_scope_is_named() -> None:
    body = {"category": "MISSING_SCOPES", "errors": [{"context": {"requiredGranularScopes": ["tickets"]}}]}

    found = refusal(403, {}, json.dumps(body).encode())

    assert isinstance(found, ForbiddenStreamError)
    assert "tickets" in str(found)


def test_a_days_limit_that_is_used_up_is_waited_for_outside() -> None:
    found = refusal(429, {}, b'{"policyName":"DAILY"}')

    assert isinstance(found, RetryableError)
    assert found.after_seconds == 3600


def test_what_is_left_is_read_from_the_headers() -> None:
    names = {"Remaining": "17", "Max": "190", "Interval-Milliseconds": "10000"}

    told = quota({f"X-HubSpot-RateLimit-{name}": value for name, value in names.items()}, b"")

    assert told is not None
    assert told.limit is not None
    assert (told.remaining, told.limit.requests, told.limit.seconds) == (17, 190, 10)
    assert quota({}, b"") is None


def test_the_portal_and_the_scopes_it_granted_are_learnt_from_the_token() -> None:
    hubspot = HubSpot(lambda _request: {"hub_id": 62515, "hub_domain": "acme.test", "scopes": ["tickets"]})

    identity = identify(hubspot, {"access_token": "a/b"})

    assert (identity.account_id, identity.account_name, identity.scopes) == ("62515", "acme.test", ("tickets",))
    assert hubspot.asked[0].path == "/oauth/v1/access-tokens/a%2Fb"
