"""What belongs to an object type: properties, their groups, pipelines, association labels."""

import json
from typing import Any

import pytest

from tests.sandbox.conftest import Vendor

NAMES = {
    "properties": "/crm/v3/properties/{owner}",
    "property_groups": "/crm/v3/properties/{owner}/groups",
    "pipelines": "/crm/v3/pipelines/{owner}",
    "association_labels": "/crm/v4/associations/{owner}/labels",
}
LABELS = "/crm/v4/associations/contacts/companies/labels"
USAGE = "/crm/v3/limits/associations/labels"
BACK = "/crm/v4/associations/companies/contacts/labels"
GROUPS = "/crm/v3/properties/deals/groups"


def held(hubspot: Vendor, collection: str) -> dict[str, list[dict[str, Any]]]:
    """Return the oracle's records by the owner they belong to."""
    text = hubspot.http.get(f"{hubspot.control_url}/{collection}", params={"archived": "false"}).content
    rows: dict[str, list[dict[str, Any]]] = {}
    for line in text.splitlines():
        row = json.loads(line)
        if row["record"].get("dataSensitivity", "non_sensitive") == "non_sensitive":
            rows.setdefault(row["parent"], []).append(row["record"])
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_every_list_holds_what_the_oracle_holds_through_every_change(hubspot: Vendor, name: str) -> None:
    before = held(hubspot, name)
    hubspot.control(f"{name}/create", {"count": 2})
    keys = hubspot.control(f"{name}/create", {"count": 2})["keys"]
    hubspot.control(f"{name}/change", {"keys": keys[:1], "values": {"label": "changed"}})
    hubspot.control(f"{name}/delete", {"keys": keys[1:]})

    books = held(hubspot, name)
    lists = {owner: hubspot.get(NAMES[name].replace("{owner}", owner)).json()["results"] for owner in books}

    assert lists == books
    owner = keys[0].rpartition("/")[0]
    assert len(books[owner]) == len(before[owner]) + 3
    assert "changed" in {row["label"] for row in books[owner]}
    assert keys[1] in {row["key"] for row in deleted(hubspot, name)}


def deleted(hubspot: Vendor, name: str) -> Any:
    return hubspot.http.get(f"{hubspot.control_url}/{name}/deleted").json()["deleted"]


def test_sensitive_properties_are_listed_apart_and_need_a_scope_of_their_own(hubspot: Vendor) -> None:
    path, lacking = "/crm/v3/properties/contacts", "crm.objects.contacts.sensitive.read"
    sensitive = hubspot.get(path, dataSensitivity="sensitive").json()["results"]
    scopes = [known for known in hubspot.control("tokens")["scopes"] if known != lacking]
    hubspot.token = hubspot.control("tokens", {"scopes": scopes})["access_token"]

    refused = hubspot.get(path, dataSensitivity="sensitive")

    assert [row["name"] for row in sensitive] == ["blood_type"]
    assert refused.json()["errors"][0]["context"]["requiredGranularScopes"] == [lacking]
    assert "blood_type" not in {row["name"] for row in hubspot.get(path).json()["results"]}


def test_a_record_can_be_made_for_any_owner(hubspot: Vendor) -> None:
    hubspot.control("property_groups/create", {"values": {"of": "tickets", "name": "care", "label": "Care"}})

    group = hubspot.get("/crm/v3/properties/tickets/groups/care").json()

    assert group["label"] == "Care"


def test_groups_are_made_changed_and_archived(hubspot: Vendor) -> None:
    made = hubspot.post(GROUPS, json={"name": "money", "label": "Money"})
    again = hubspot.post(GROUPS, json={"name": "money", "label": "Money"})
    one = f"{hubspot.url}{GROUPS}/money"

    changed = hubspot.http.patch(one, headers=hubspot.headers, json={"label": "Cash"}).json()

    assert (made.status_code, again.status_code, changed["label"]) == (201, 409, "Cash")
    assert hubspot.delete(f"{GROUPS}/money").status_code == 204
    assert hubspot.get(f"{GROUPS}/money").status_code == 404


def test_an_archived_property_is_listed_apart(hubspot: Vendor) -> None:
    hubspot.delete("/crm/v3/properties/contacts/level")

    live = {row["name"] for row in hubspot.get("/crm/v3/properties/contacts").json()["results"]}
    archived = hubspot.get("/crm/v3/properties/contacts", archived="true").json()["results"]

    assert "level" not in live
    assert [row["name"] for row in archived] == ["level"]


def test_a_label_has_its_inverse_in_the_other_direction(hubspot: Vendor) -> None:
    made = hubspot.post(LABELS, json={"label": "Boss of", "inverseLabel": "Has boss", "name": "boss"}).json()

    back = hubspot.get(BACK).json()["results"]

    assert made["results"][0]["category"] == "USER_DEFINED"
    assert "Has boss" in {row["label"] for row in back}


def test_a_label_is_renamed_and_taken_away(hubspot: Vendor) -> None:
    key = hubspot.post(LABELS, json={"label": "Boss", "name": "boss"}).json()["results"][0]["typeId"]
    renamed = {"associationTypeId": key, "label": "Chief"}
    hubspot.http.put(hubspot.url + LABELS, headers=hubspot.headers, json=renamed)

    labels = {row["typeId"]: row["label"] for row in hubspot.get(LABELS).json()["results"]}
    hubspot.delete(f"{LABELS}/{key}")

    assert labels[key] == "Chief"
    assert key not in {row["typeId"] for row in hubspot.get(LABELS).json()["results"]}


def test_the_owners_labels_are_told_with_their_limit(hubspot: Vendor) -> None:
    hubspot.post(LABELS, json={"label": "Boss of", "inverseLabel": "Has boss", "name": "boss"})

    (there,) = hubspot.get(USAGE, fromObjectTypeId="0-1", toObjectTypeId="0-2").json()["results"]
    told = hubspot.get(USAGE, fromObjectTypeId="0-2").json()["results"]

    back = [row for row in told if row["toObjectType"]["objectTypeId"] == "0-1"]
    assert (there["allLabels"], there["usage"], there["limit"]) == (["Boss of", "Decision maker"], 2, 50)
    assert [row["allLabels"] for row in back] == [["Decision maker", "Has boss"]]


def test_the_vendors_own_association_types_cannot_be_taken_away(hubspot: Vendor) -> None:
    assert hubspot.delete(f"{LABELS}/279").status_code == 404


def test_types_without_associations_have_no_labels_until_they_have_some(hubspot: Vendor) -> None:
    path = "/crm/v4/associations/deals/pets/labels"
    deal = hubspot.get("/crm/v3/objects/deals").json()["results"][0]["id"]
    pet = hubspot.get("/crm/v3/objects/pets").json()["results"][0]["id"]
    before = hubspot.get(path).json()["results"]
    one = f"{hubspot.url}/crm/v4/objects/deals/{deal}/associations/default/pets/{pet}"

    hubspot.http.put(one, headers=hubspot.headers)

    assert before == []
    assert held(hubspot, "association_labels")["deals/pets"] == hubspot.get(path).json()["results"] != []
