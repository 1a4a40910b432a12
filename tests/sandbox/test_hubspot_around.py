import hashlib

import requests

from tests.sandbox.conftest import Control, Vendor


def test_associations_are_read_in_batches_and_go_both_ways(hubspot: Vendor) -> None:
    contact = hubspot.get("/crm/v3/objects/contacts").json()["results"][0]["id"]
    there = hubspot.post(
        "/crm/v4/associations/contacts/companies/batch/read", json={"inputs": [{"id": contact}]}
    ).json()
    company = there["results"][0]["to"][0]["toObjectId"]

    back = hubspot.get(f"/crm/v4/objects/companies/{company}/associations/contacts").json()

    assert contact in {row["toObjectId"] for row in back["results"]}


def test_more_than_five_hundred_associations_are_paged(hubspot: Vendor) -> None:
    hubspot.control("accounts", {"sizes": {"*": 0, "contacts": 620, "companies": 1}})
    company = hubspot.get("/crm/v3/objects/companies").json()["results"][0]["id"]
    path = "/crm/v4/associations/companies/contacts/batch/read"

    first = hubspot.post(path, json={"inputs": [{"id": company}]}).json()["results"][0]
    after = first["paging"]["next"]["after"]
    second = hubspot.post(path, json={"inputs": [{"id": company, "after": after}]}).json()["results"][0]

    assert len(first["to"]) == 500
    assert len({row["toObjectId"] for row in first["to"] + second["to"]}) == len(hubspot.oracle("contacts"))


def test_a_batch_takes_a_thousand_inputs_and_no_more(hubspot: Vendor) -> None:
    inputs = [{"id": str(n)} for n in range(1001)]

    refused = hubspot.post("/crm/v4/associations/contacts/companies/batch/read", json={"inputs": inputs})

    assert refused.status_code == 400


def test_associations_can_be_made_and_taken_back(hubspot: Vendor) -> None:
    deal = hubspot.get("/crm/v3/objects/deals").json()["results"][0]["id"]
    pet = hubspot.get("/crm/v3/objects/pets").json()["results"][0]["id"]
    one = f"{hubspot.url}/crm/v4/objects/deals/{deal}/associations/default/pets/{pet}"

    hubspot.http.put(one, headers=hubspot.headers)
    made = hubspot.get(f"/crm/v4/objects/pets/{pet}/associations/deals").json()["results"]
    hubspot.delete(f"/crm/v4/objects/deals/{deal}/associations/pets/{pet}")

    assert [row["toObjectId"] for row in made] == [deal]
    assert hubspot.get(f"/crm/v4/objects/pets/{pet}/associations/deals").json()["results"] == []


def test_owners_pipelines_and_schemas_are_listed(hubspot: Vendor) -> None:
    active = hubspot.get("/crm/v3/owners/", limit=500).json()["results"]
    archived = hubspot.get("/crm/v3/owners/", limit=500, archived="true").json()["results"]

    assert len(active) + len(archived) == len(hubspot.oracle("owners"))
    assert hubspot.get("/crm/v3/pipelines/deals").json()["results"][0]["stages"]
    assert set(hubspot.oracle("schemas")) == {"2-3453932"}


def test_members_of_a_list_are_paged(hubspot: Vendor) -> None:
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = hubspot.get("/crm/v3/lists/1/memberships", limit=50, **after).json()
        found += [row["recordId"] for row in page["results"]]
        if "paging" not in page:
            break
        after = {"after": page["paging"]["next"]["after"]}

    assert [f"1:{key}" for key in found] == [key for key in hubspot.oracle("list_memberships") if key.startswith("1:")]


def test_lists_are_searched_by_offset(hubspot: Vendor) -> None:
    first = hubspot.post("/crm/v3/lists/search", json={"count": 5}).json()
    second = hubspot.post("/crm/v3/lists/search", json={"count": 5, "offset": first["offset"]}).json()

    keys = [row["listId"] for row in first["lists"] + second["lists"]]
    assert (first["hasMore"], second["hasMore"]) == (True, False)
    assert keys == list(hubspot.oracle("lists"))


def test_a_signed_url_gives_the_contents_without_a_token(hubspot: Vendor, http: requests.Session) -> None:
    file = hubspot.get("/files/v3/files/search", limit=1).json()["results"][0]
    url = hubspot.get(f"/files/v3/files/{file['id']}/signed-url").json()["url"]

    body = http.get(url).content

    assert hashlib.md5(body).hexdigest() == file["fileMd5"]
    assert http.get(url.replace("signature=", "signature=0")).status_code == 403


def test_a_signed_url_ends(hubspot: Vendor, http: requests.Session, control: Control) -> None:
    file = hubspot.get("/files/v3/files/search", limit=1).json()["results"][0]
    url = hubspot.get(f"/files/v3/files/{file['id']}/signed-url").json()["url"]

    control("POST", "/clock", {"advance": 3601})

    assert http.get(url).status_code == 403


def test_forms_have_submissions_newest_first(hubspot: Vendor) -> None:
    form = hubspot.get("/marketing/v3/forms/").json()["results"][0]["id"]

    rows = hubspot.get(f"/form-integrations/v1/submissions/forms/{form}", limit=50).json()["results"]

    stamps = [row["submittedAt"] for row in rows]
    assert stamps == sorted(stamps, reverse=True)


def test_marketing_emails_can_be_asked_for_by_change(hubspot: Vendor) -> None:
    hubspot.control("marketing_emails/change", {"first": 2})

    found = hubspot.get("/marketing/v3/emails/", updatedAfter="2026-01-02T00:00:00Z").json()["results"]

    assert len(found) == 1


def test_a_new_object_type_has_objects_like_any_other(hubspot: Vendor) -> None:
    entry = {"name": "plate", "label": "Plate", "type": "string", "fieldType": "text", "groupName": "car"}
    labels = {"singular": "Car", "plural": "Cars"}
    body = {"name": "car", "labels": labels, "primaryDisplayProperty": "plate", "properties": [entry]}
    type_id = hubspot.post("/crm-object-schemas/v3/schemas", json=body).json()["objectTypeId"]

    hubspot.post(f"/crm/v3/objects/{type_id}", json={"properties": {"plate": "B-A 1"}})

    rows = hubspot.get("/crm/v3/objects/car").json()["results"]
    assert [row["properties"]["plate"] for row in rows] == ["B-A 1"]
    assert hubspot.delete(f"/crm-object-schemas/v3/schemas/{type_id}").status_code == 400
