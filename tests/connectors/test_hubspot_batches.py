"""What HubSpot's answers to batches lack is gone only where HubSpot says so."""

import json
from contextlib import nullcontext
from typing import Any

import pytest

from chalicelib.connectors.connector import Page, Parent, Reading, Request
from chalicelib.connectors.hubspot import HUBSPOT
from chalicelib.connectors.refusals import MissingError
from chalicelib.errors import RetryableError
from tests.connectors.portal import SINCE, UNTIL, HubSpot, named, objects
from tests.connectors.reading import changes_of, pages


def answering_batches(batch: dict[str, Any], **alone: Any) -> HubSpot:
    """A portal where 5 and 6 have changed, that answers batches so, and single objects as it is told."""

    def tell(request: Request) -> dict[str, Any]:
        name = request.path.rpartition("/")[2]
        if name == "search":
            return {"total": 2, "results": [{"id": "5"}, {"id": "6"}]}
        if name in ("5", "6") and f"the_{name}" not in alone:
            raise MissingError("not there")
        return named(objects()) if "properties" in request.path else alone.get(f"the_{name}", batch)

    return HubSpot(tell)


def trouble(category: str, *ids: str, **more: str) -> dict[str, Any]:
    return {"status": "error", "category": category, "message": "", "context": {"ids": list(ids)}, **more}


def changed(hubspot: HubSpot) -> Page:
    return changes_of(HUBSPOT.stream("deals"))(hubspot, Reading(since=SINCE, until=UNTIL), None)


@pytest.mark.parametrize(
    ("errors", "asked"), [([trouble("OBJECT_NOT_FOUND", "5")], 0), ([], 1)], ids=["said", "unsaid"]
)
def test_f42_an_object_that_vanished_after_the_search_is_reported_as_deleted(errors: list[Any], asked: int) -> None:
    hubspot = answering_batches({**objects("6"), "status": "COMPLETE", "errors": errors})

    page = changed(hubspot)

    assert list(page.deleted) == ["5"]
    assert hubspot.paths().count("5") == asked


def test_an_object_that_is_another_by_now_is_reported_as_deleted() -> None:
    assert list(changed(answering_batches(objects("6"), the_5={"id": "6"})).deleted) == ["5"]


@pytest.mark.parametrize(
    "batch",
    [
        {**objects("6"), "errors": [trouble("INTERNAL_ERROR", "5")]},
        {**objects("6"), "errors": [trouble("OBJECT_NOT_FOUND", "9"), trouble("INTERNAL_ERROR")]},
        {**objects("6"), "errors": [{"message": "no reason"}]},
        {**objects("6"), "status": "PROCESSING"},
        objects("6"),
    ],
    ids=["error", "among others", "without reason", "not complete", "left out"],
)
def test_f41_an_object_that_a_batch_lacks_for_another_reason_is_not_reported_as_deleted(batch: dict[str, Any]) -> None:
    with pytest.raises(RetryableError):
        changed(answering_batches(batch, the_5={"id": "5"}))


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("stream", ["lists", "workflows"])
def test_f41_what_an_answer_leaves_out_is_asked_for_by_itself(stream: str, *, there: bool) -> None:
    def tell(request: Request) -> dict[str, Any]:
        name = request.path.rpartition("/")[2]
        if name == "2":
            if not there:
                raise MissingError("not there")
            return {"list": {"listId": "2"}} if stream == "lists" else {"id": "2"}
        few = ("1",) if name == "read" or "listIds" in request.params else ("1", "2")
        rows = [{"listId": each, "id": each} for each in few]
        return {"lists": rows, "total": 2, "results": rows}

    read = list(pages(HUBSPOT.stream(stream).full, HubSpot(tell), Reading()))

    key = HUBSPOT.stream(stream).key
    assert [json.loads(bytes(row))[key] for page in read for row in page.records] == ["1", "2"][: 1 + there]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (trouble("OBJECT_NOT_FOUND", subCategory="crm.associations.NO_ASSOCIATIONS_FOUND"), False),
        (trouble("VALIDATION_ERROR", subCategory="crm.associations.NO_ASSOCIATIONS_FOUND"), False),
        (trouble("INTERNAL_ERROR"), True),
    ],
)
def test_f41_an_object_whose_associations_could_not_be_read_does_not_count_as_without_any(
    error: dict[str, Any], *, raised: bool
) -> None:
    hubspot = HubSpot(lambda _request: {"results": [], "numErrors": 1, "errors": [error]})
    reading = Reading(parents=[Parent("1", b"{}")])

    with pytest.raises(RetryableError, match="INTERNAL_ERROR") if raised else nullcontext():
        HUBSPOT.stream("contacts_to_companies").full(hubspot, reading, None)
