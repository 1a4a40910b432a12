"""HubSpot's oddities: properties, searches, associations, archived objects, signed addresses."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.connectors.connector import Answer, Parent, Reading, Request
from chalicelib.connectors.hubspot import HUBSPOT
from chalicelib.connectors.hubspot.errors import quota, refusal
from chalicelib.connectors.hubspot.oauth import identify
from chalicelib.connectors.refusals import MissingError
from chalicelib.errors import FatalError, ForbiddenStreamError, RetryableError
from tests.connectors.reading import changes_of, pages

SINCE = 1_767_225_600_000
UNTIL = datetime.fromtimestamp(SINCE / 1000 + 86_400, UTC)
FEW = {"properties": ["email", "favourite_colour"]}
MANY = {"properties": [f"a_rather_long_property_name_{n}" for n in range(600)]}


class HubSpot:
    def __init__(self, tell: Callable[[Request], Any]) -> None:
        self.tell = tell
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        return Answer(json.dumps(self.tell(request)).encode(), UNTIL, {})

    def paths(self) -> list[str]:
        return [request.path.rpartition("/")[2] for request in self.asked]


def objects(*ids: str) -> dict[str, Any]:
    return {"results": [{"id": each, "properties": {}} for each in ids]}


def named(told: dict[str, Any]) -> dict[str, Any]:
    """Give each result a name, too, so that it may stand for a property."""
    return {"results": [{**row, "name": "email"} for row in told["results"]]}


def test_every_property_is_asked_for_custom_ones_too() -> None:
    hubspot = HubSpot(lambda _request: {"results": [{"name": "favourite_colour"}, {"name": "email"}]})

    prepare = HUBSPOT.stream("contacts").prepare

    assert prepare is not None
    assert prepare(hubspot) == FEW


def sensitive(kind: str) -> HubSpot:
    """A portal with one property of each sensitivity, of which the connection may see all but the highest."""

    def tell(request: Request) -> dict[str, Any]:
        how = request.params.get("dataSensitivity", "ordinary")
        if how == "highly_sensitive":
            raise ForbiddenStreamError(f"the connection lacks HubSpot's scope crm.objects.{kind}.highly_sensitive.read")
        archived = "schemas" in request.path or request.params["archived"] == "true"
        return {"results": [] if archived else [{"name": how}]}

    return HubSpot(tell)


def test_sensitive_properties_are_asked_for_as_far_as_they_may_be_seen() -> None:
    prepare = HUBSPOT.stream("contacts").prepare

    assert prepare is not None
    assert prepare(sensitive("contacts")) == {"properties": ["ordinary", "sensitive"]}


def test_sensitive_properties_that_may_not_be_seen_are_noted_and_no_failure() -> None:
    read = list(pages(HUBSPOT.stream("properties").full, sensitive("contacts"), Reading()))

    skipped = [one for page in read for one in page.skipped]
    named = {json.loads(bytes(row))["name"] for page in read for row in page.records}
    assert named == {"ordinary", "sensitive"}
    assert skipped[0].key == "contacts/(highly_sensitive)"
    assert not any(one.there or one.under for one in skipped)


PROPERTIES = HUBSPOT.stream("properties")


def defined(*archived: str) -> HubSpot:
    """A portal each of whose types has three properties, of which some are archived."""

    def tell(request: Request) -> dict[str, Any]:
        if "schemas" in request.path or "dataSensitivity" in request.params:
            return {"results": []}
        rows = [{"name": name, "archived": name in archived} for name in ("a", "b", "c")]
        return {"results": [row for row in rows if row["archived"] == (request.params["archived"] == "true")]}

    return HubSpot(tell)


def test_archived_properties_are_not_listed_again_where_those_in_use_are_the_same_ones() -> None:
    since, hubspot = list(pages(PROPERTIES.full, defined("c"), Reading()))[-1].since, defined("c")

    read = list(pages(changes_of(PROPERTIES), hubspot, Reading(since=since)))

    named = {json.loads(bytes(row))["name"] for page in read for row in page.records}
    assert (named, read[-1].since, read[-1].reset) == ({"a", "b"}, since, False)
    assert not [request for request in hubspot.asked if request.params["archived"] == "true"]


def test_archived_properties_are_listed_too_where_one_is_archived_that_was_in_use() -> None:
    since = list(pages(PROPERTIES.full, defined("c"), Reading()))[-1].since
    full = list(pages(PROPERTIES.full, defined("b", "c"), Reading()))

    read = list(pages(changes_of(PROPERTIES), defined("b", "c"), Reading(since=since)))

    everything, listed = (sorted(bytes(row) for page in some for row in page.records) for some in (full, read))
    assert listed == everything
    assert (read[-1].since, read[-1].reset) == (full[-1].since, True)


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


def test_f34_a_list_that_is_deleted_between_two_pages_hides_no_other() -> None:
    there = [{"listId": str(number)} for number in range(1200)]

    def tell(request: Request) -> dict[str, Any]:
        if request.path.endswith("/3"):
            raise MissingError("not there")
        if request.method == "GET":
            return {"lists": [row for row in there if row["listId"] in request.params["listIds"]]}
        found = there[request.body["offset"] :][: request.body["count"]]
        told = {"lists": found, "total": len(there), "hasMore": len(found) == 500, "offset": 0}
        if len(there) == 1200:
            del there[3]
        return told

    read = list(pages(HUBSPOT.stream("lists").full, HubSpot(tell), Reading()))

    listed = {json.loads(bytes(row))["listId"] for page in read for row in page.records}
    assert {row["listId"] for row in there} <= listed


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


def test_a_pair_of_types_whose_labels_are_refused_is_named_and_the_others_go_on() -> None:
    def tell(request: Request) -> dict[str, Any]:
        if request.path.endswith("/products/deals/labels"):
            raise FatalError("the vendor answered 400, which this connector does not expect")
        return {"results": [] if "schemas" in request.path else [{"typeId": 1}]}

    read = list(pages(HUBSPOT.stream("association_labels").full, HubSpot(tell), Reading()))

    assert [(one.key, one.under) for page in read for one in page.skipped] == [("products/deals", True)]
    assert "deals/products" in [parent for page in read for parent in page.parents]


def labelled(*own: str) -> HubSpot:
    """A portal with these labels of its own."""

    def tell(request: Request) -> dict[str, Any]:
        if "/limits/" in request.path:
            return {"results": [{"allLabels": own, "usage": len(own)}]}
        return {"results": [] if "schemas" in request.path else [{"typeId": 1}]}

    return HubSpot(tell)


LABELS = HUBSPOT.stream("association_labels")


def test_labels_are_not_listed_again_where_an_accounts_own_are_as_they_were() -> None:
    since = list(pages(LABELS.full, labelled("Boss"), Reading()))[-1].since
    hubspot = labelled("Boss")

    (page,) = pages(changes_of(LABELS), hubspot, Reading(since=since))

    assert (len(hubspot.asked), list(page.records), page.since) == (2, [], since)


def test_all_labels_are_listed_again_where_one_of_an_accounts_own_is_another() -> None:
    full = list(pages(LABELS.full, labelled("Boss"), Reading()))

    read = list(pages(changes_of(LABELS), labelled("Chief"), Reading(since=full[-1].since)))

    assert [page.parents for page in read] == [page.parents for page in full]
    assert all(page.reset for page in read)
    assert read[-1].since != full[-1].since


def test_labels_are_listed_in_full_every_time_where_hubspot_does_not_tell_an_accounts_own() -> None:
    def tell(request: Request) -> dict[str, Any]:
        if "/limits/" in request.path:
            raise ForbiddenStreamError("the connection lacks HubSpot's scope for this")
        return {"results": []}

    assert list(pages(LABELS.full, HubSpot(tell), Reading()))[-1].since is None


def test_a_group_that_may_not_be_read_is_named_and_the_others_go_on() -> None:
    def tell(request: Request) -> dict[str, Any]:
        if request.path.endswith("/deals"):
            raise ForbiddenStreamError("the connection lacks HubSpot's scope crm.objects.deals.read")
        return {"results": [] if "schemas" in request.path else [{"id": "0"}]}

    read = list(pages(HUBSPOT.stream("pipelines").full, HubSpot(tell), Reading()))

    assert [skipped.key for page in read for skipped in page.skipped] == ["deals"]
    assert [parent for page in read for parent in page.parents] == ["tickets", "leads", "orders"]


@pytest.mark.parametrize(
    "name", ["properties", "property_groups", "pipelines", "association_labels", "archived_objects"]
)
def test_the_accounts_own_types_are_left_alone_where_they_may_not_be_listed(name: str) -> None:
    def tell(request: Request) -> dict[str, Any]:
        if "schemas" in request.path:
            raise ForbiddenStreamError("the connection lacks HubSpot's scope crm.schemas.custom.read")
        return {"results": [{"id": "0", "name": "email"}]}

    read = list(pages(HUBSPOT.stream(name).full, HubSpot(tell), Reading()))

    assert [(one.key, one.there, one.under) for page in read for one in page.skipped] == [("2-", True, True)]
    assert any(page.records for page in read)


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
