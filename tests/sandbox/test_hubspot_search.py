from typing import Any

from tests.sandbox.conftest import Control, Vendor

CONTACTS = "/crm/v3/objects/contacts/search"


def changed_since(moment: int, **more: Any) -> dict[str, Any]:
    filters = [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(moment)}]
    return {"filterGroups": [{"filters": filters}], "limit": 200, **more}


def millis(control: Control) -> int:
    return int(control("GET", "/clock").json()["now"] * 1000)


def test_a_search_finds_what_changed_since(hubspot: Vendor, control: Control) -> None:
    hubspot.settings(index_lag=0)
    before = millis(control)
    key = hubspot.control("contacts/change", {"first": 3})["keys"][0]

    found = hubspot.post(CONTACTS, json=changed_since(before)).json()

    assert [row["id"] for row in found["results"]] == [key]


def test_the_index_lags_behind_the_list(hubspot: Vendor, control: Control) -> None:
    control("POST", "/clock", {"freeze": True})
    before = millis(control)
    hubspot.control("contacts/change", {"first": 3})

    at_once = hubspot.post(CONTACTS, json=changed_since(before)).json()["total"]
    control("POST", "/clock", {"advance": 6})
    later = hubspot.post(CONTACTS, json=changed_since(before)).json()["total"]

    assert (at_once, later) == (0, 1)


def test_a_new_object_is_found_late_too(hubspot: Vendor, control: Control) -> None:
    control("POST", "/clock", {"freeze": True})
    total = hubspot.post(CONTACTS, json={"limit": 0}).json()["total"]
    hubspot.control("contacts/create")

    at_once = hubspot.post(CONTACTS, json={"limit": 0}).json()["total"]
    control("POST", "/clock", {"advance": 6})

    assert at_once == total
    assert hubspot.post(CONTACTS, json={"limit": 0}).json()["total"] == total + 1


def test_nobody_pages_past_ten_thousand(hubspot: Vendor) -> None:
    hubspot.control("accounts", {"sizes": {"*": 0, "contacts": 11_000}})

    last = hubspot.post(CONTACTS, json={"limit": 200, "after": "9800"})
    beyond = hubspot.post(CONTACTS, json={"limit": 200, "after": "9900"})

    assert (last.status_code, beyond.status_code) == (200, 400)
    assert last.json()["total"] > 10_000


def test_going_on_from_the_last_id_reaches_everything(hubspot: Vendor) -> None:
    found, low = [], 0
    while True:
        filters = [{"propertyName": "hs_object_id", "operator": "GTE", "value": str(low)}]
        sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
        page = hubspot.post(
            CONTACTS, json={"filterGroups": [{"filters": filters}], "sorts": sorts, "limit": 100}
        ).json()
        if not page["results"]:
            break
        found += [row["id"] for row in page["results"]]
        low = int(found[-1]) + 1

    assert found == list(hubspot.oracle("contacts"))


def test_search_rows_have_neither_associations_nor_archived_objects(hubspot: Vendor) -> None:
    rows = hubspot.post(CONTACTS, json={"limit": 200}).json()["results"]

    assert not any(row["archived"] or "associations" in row for row in rows)


def test_texts_are_compared_and_queried(hubspot: Vendor) -> None:
    filters = [{"propertyName": "email", "operator": "IN", "values": ["contact1@example.com", "contact2@example.com"]}]

    by_filter = hubspot.post(CONTACTS, json={"filterGroups": [{"filters": filters}]}).json()["total"]
    by_query = hubspot.post(CONTACTS, json={"query": "contact7@example.com"}).json()["total"]

    assert (by_filter, by_query) == (2, 1)


def test_too_large_pages_and_unknown_properties_are_refused(hubspot: Vendor) -> None:
    unknown = {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "EQ", "value": "1"}]}]}

    assert hubspot.post(CONTACTS, json={"limit": 201}).status_code == 400
    assert hubspot.post(CONTACTS, json=unknown).status_code == 400
