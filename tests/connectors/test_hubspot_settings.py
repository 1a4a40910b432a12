"""HubSpot's settings: definitions of properties, association labels, lists, and who may see them."""

import json
from typing import Any

import pytest

from chalicelib.connectors.connector import Reading, Request
from chalicelib.connectors.hubspot import HUBSPOT
from chalicelib.connectors.refusals import MissingError
from chalicelib.errors import FatalError, ForbiddenStreamError
from tests.connectors.portal import HubSpot
from tests.connectors.reading import changes_of, pages


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


def restoring(*restored: str) -> HubSpot:
    """A portal with one archived property more than before; with each list of archived ones another is restored."""
    left, archived = list(restored), {"b", *restored}

    def tell(request: Request) -> dict[str, Any]:
        if "schemas" in request.path or "dataSensitivity" in request.params:
            return {"results": []}
        if request.params["archived"] == "true" and left and "/contacts" in request.path:
            archived.remove(left.pop(0))
        rows = [{"name": name, "archived": name in archived} for name in ("a", "b", "c", "d", "e")]
        return {"results": [row for row in rows if row["archived"] == (request.params["archived"] == "true")]}

    return HubSpot(tell)


def test_a_property_that_is_restored_between_two_lists_is_read_all_the_same() -> None:
    since = list(pages(PROPERTIES.full, defined("c"), Reading()))[-1].since

    read = list(pages(changes_of(PROPERTIES), restoring("c"), Reading(since=since)))

    held = {
        f"{parent}/{json.loads(bytes(row))['name']}"
        for page in read
        for parent, row in zip(page.parents, page.records, strict=True)
    }
    assert {f"contacts/{name}" for name in "abcde"} <= held
    assert read[-1].reset


def test_properties_that_change_again_and_again_while_they_are_read_are_an_error() -> None:
    since = list(pages(PROPERTIES.full, defined("c"), Reading()))[-1].since

    with pytest.raises(FatalError, match="again and again"):
        list(pages(changes_of(PROPERTIES), restoring("c", "d"), Reading(since=since)))


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
