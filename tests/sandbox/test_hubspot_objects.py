import json
from typing import Any

import pytest

from tests.sandbox.conftest import Vendor


def everything(hubspot: Vendor, kind: str, **args: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = hubspot.get(f"/crm/v3/objects/{kind}", limit=100, **args, **after).json()
        rows += page["results"]
        if "paging" not in page:
            return rows
        after = {"after": page["paging"]["next"]["after"]}


def test_paging_by_after_gives_every_living_object_once_in_the_order_of_ids(hubspot: Vendor) -> None:
    ids = [int(row["id"]) for row in everything(hubspot, "contacts")]

    assert ids == sorted(set(ids))
    assert {str(key) for key in ids} == set(hubspot.oracle("contacts"))


def test_only_the_properties_asked_for_and_the_system_ones_are_sent(hubspot: Vendor) -> None:
    row = hubspot.get("/crm/v3/objects/contacts", properties="city,level").json()["results"][0]

    assert sorted(row["properties"]) == ["city", "createdate", "hs_object_id", "lastmodifieddate", "level"]


def test_without_a_wish_a_handful_of_properties_is_sent(hubspot: Vendor) -> None:
    row = hubspot.get("/crm/v3/objects/contacts").json()["results"][0]

    assert "email" in row["properties"]
    assert "favourite_colour" not in row["properties"]


def test_the_oracle_holds_the_bytes_of_a_listing_of_all_properties(hubspot: Vendor) -> None:
    names = [entry["name"] for entry in hubspot.get("/crm/v3/properties/pets").json()["results"]]

    listed = everything(hubspot, "pets", properties=",".join(names), associations="contacts")

    oracle = hubspot.oracle("pets", associations="contacts")
    assert {key: json.loads(record) for key, record in oracle.items()} == {row["id"]: row for row in listed}


def test_archived_objects_are_a_listing_of_their_own(hubspot: Vendor) -> None:
    alive = everything(hubspot, "contacts")
    hubspot.delete(f"/crm/v3/objects/contacts/{alive[0]['id']}")

    archived = everything(hubspot, "contacts", archived="true")

    assert alive[0]["id"] in {row["id"] for row in archived}
    assert all(row["archived"] and row["archivedAt"] for row in archived)
    assert alive[0]["id"] not in hubspot.oracle("contacts")


def test_a_purged_contact_is_in_neither_listing(hubspot: Vendor) -> None:
    key = everything(hubspot, "contacts")[0]["id"]

    hubspot.post("/crm/v3/objects/contacts/gdpr-delete", json={"objectId": key})

    assert key not in {row["id"] for row in everything(hubspot, "contacts")}
    assert key not in {row["id"] for row in everything(hubspot, "contacts", archived="true")}


def test_writing_changes_the_object_and_its_time(hubspot: Vendor) -> None:
    made = hubspot.post("/crm/v3/objects/companies", json={"properties": {"name": "New"}}).json()

    url = f"{hubspot.url}/crm/v3/objects/companies/{made['id']}"
    changed = hubspot.http.patch(url, headers=hubspot.headers, json={"properties": {"name": "Newer"}}).json()

    assert changed["properties"]["name"] == "Newer"
    assert changed["updatedAt"] >= made["updatedAt"]


def test_unknown_and_read_only_properties_are_refused(hubspot: Vendor) -> None:
    for name in ("no_such_property", "hs_object_id"):
        refused = hubspot.post("/crm/v3/objects/contacts", json={"properties": {name: "1"}})

        assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")


def test_a_second_contact_with_the_same_address_is_a_conflict(hubspot: Vendor) -> None:
    refused = hubspot.post("/crm/v3/objects/contacts", json={"properties": {"email": "contact5@example.com"}})

    assert refused.status_code == 409


def test_a_batch_read_says_what_it_did_not_find(hubspot: Vendor) -> None:
    body = {"inputs": [{"id": "51"}, {"id": "999999"}], "properties": ["email"]}

    read = hubspot.post("/crm/v3/objects/contacts/batch/read", json=body)

    assert (read.status_code, len(read.json()["results"])) == (207, 1)
    assert read.json()["errors"][0]["context"] == {"ids": ["999999"]}


def test_an_upsert_creates_once(hubspot: Vendor) -> None:
    body = {"inputs": [{"id": "u@example.com", "idProperty": "email", "properties": {"city": "Łódź"}}]}

    first = hubspot.post("/crm/v3/objects/contacts/batch/upsert", json=body).json()["results"][0]
    again = hubspot.post("/crm/v3/objects/contacts/batch/upsert", json=body).json()["results"][0]

    assert (first["new"], again["new"], first["id"]) == (True, False, again["id"])


def test_custom_objects_are_found_by_id_and_by_qualified_name(hubspot: Vendor) -> None:
    schema = hubspot.get("/crm-object-schemas/v3/schemas").json()["results"][0]

    by_id = hubspot.get(f"/crm/v3/objects/{schema['objectTypeId']}").json()
    by_name = hubspot.get(f"/crm/v3/objects/{schema['fullyQualifiedName']}").json()

    assert schema["objectTypeId"].startswith("2-")
    assert by_id["results"] == by_name["results"]


def test_a_new_property_can_be_read_at_once(hubspot: Vendor) -> None:
    entry = {"name": "shoe_size", "label": "Shoe size", "type": "number", "fieldType": "number", "groupName": "x"}
    hubspot.post("/crm/v3/properties/contacts", json=entry)
    hubspot.post("/crm/v3/objects/contacts", json={"properties": {"email": "s@example.com", "shoe_size": "44.50"}})

    last = everything(hubspot, "contacts", properties="shoe_size")[-1]

    assert last["properties"]["shoe_size"] == "44.50"


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("crm.objects.deals.read", "/crm/v3/objects/deals"),
        ("crm.objects.owners.read", "/crm/v3/owners"),
        ("forms", "/marketing/v3/forms"),
    ],
)
def test_a_missing_scope_is_named(hubspot: Vendor, scope: str, path: str) -> None:
    scopes = [known for known in hubspot.control("tokens")["scopes"] if known != scope]
    hubspot.token = hubspot.control("tokens", {"scopes": scopes})["access_token"]

    refused = hubspot.get(path)

    assert (refused.status_code, refused.json()["category"]) == (403, "MISSING_SCOPES")
    assert refused.json()["errors"][0]["context"]["requiredGranularScopes"] == [scope]
