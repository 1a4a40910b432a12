"""HubSpot's collections around the CRM: workflows, the inbox, the website, form submissions."""

import json
from typing import Any

import pytest

from tests.sandbox.conftest import Control, Vendor

WEBSITE = {
    "site_pages": "/cms/v3/pages/site-pages",
    "landing_pages": "/cms/v3/pages/landing-pages",
    "blog_posts": "/cms/v3/blogs/posts",
    "blog_authors": "/cms/v3/blogs/authors",
    "blog_tags": "/cms/v3/blogs/tags",
    "url_redirects": "/cms/v3/url-redirects",
}
PATHS = WEBSITE | {
    "workflows": "/automation/v4/flows",
    "conversation_threads": "/conversations/v3/conversations/threads",
}
THREADS = PATHS["conversation_threads"]
SUBMISSIONS = "/form-integrations/v1/submissions/forms/"


def pages(hubspot: Vendor, path: str, **args: Any) -> list[dict[str, Any]]:
    rows = []
    while True:
        response = hubspot.get(path, **args)
        assert response.status_code == 200, response.text
        rows += response.json()["results"]
        if "paging" not in response.json():
            return rows
        args["after"] = response.json()["paging"]["next"]["after"]


def held(hubspot: Vendor, collection: str, **args: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in hubspot.oracle(collection, **args).values()]


@pytest.mark.parametrize("name", PATHS)
def test_lists_hold_what_the_oracle_holds_through_every_change(hubspot: Vendor, name: str) -> None:
    before = hubspot.oracle(name)
    hubspot.control(f"{name}/create", {"count": 2})
    changed = hubspot.control(f"{name}/change", {"first": 1})["keys"][0]
    deleted = hubspot.control(f"{name}/delete", {"first": 0})["keys"][0]

    rows = pages(hubspot, PATHS[name], limit=3)

    after = hubspot.oracle(name, archived="false")
    whole = [json.loads(line) for line in after.values()]
    assert rows == [{member: record[member] for member in row} for row, record in zip(rows, whole, strict=True)]
    assert set(before) - set(after) == {deleted}
    assert len(after) == len(before) + 1
    assert [key for key in before if key in after and before[key] != after[key]] == [changed]


@pytest.mark.parametrize("name", [name for name in PATHS if name not in ("url_redirects", "workflows")])
def test_what_was_archived_is_listed_apart(hubspot: Vendor, name: str) -> None:
    gone = hubspot.control(f"{name}/delete", {"first": 2, "count": 2})["keys"]

    archived = pages(hubspot, PATHS[name], archived="true", limit=1)

    assert [row["id"] for row in archived] == gone
    assert archived == held(hubspot, name, archived="true")
    assert hubspot.get(f"{PATHS[name]}/{gone[0]}").status_code == 404
    assert hubspot.get(f"{PATHS[name]}/{gone[0]}", archived="true").json() == archived[0]


@pytest.mark.parametrize("path", WEBSITE.values())
def test_the_website_can_be_asked_for_by_change(hubspot: Vendor, path: str, control: Control) -> None:
    control("POST", "/clock", {"set": "2026-06-01T00:00:00Z"})
    key = hubspot.get(path, limit=2).json()["results"][1]["id"]
    hubspot.http.patch(f"{hubspot.url}{path}/{key}", headers=hubspot.headers, json={"name": "new"})

    recent = hubspot.get(path, updatedAfter="2026-05-31T00:00:00Z").json()

    assert [row["id"] for row in recent["results"]] == [key]
    assert recent["total"] == 1


@pytest.mark.parametrize("sort", ["updatedAt", "-updatedAt", "-createdAt", "name"])
def test_a_sorted_list_gives_every_row_once_whatever_changes_meanwhile(hubspot: Vendor, sort: str) -> None:
    member = {"name": "name"}.get(sort, sort.lstrip("-").removesuffix("At"))
    first = hubspot.get("/cms/v3/blogs/posts", sort=sort, limit=10).json()
    hubspot.delete(f"/cms/v3/blogs/posts/{first['results'][0]['id']}")

    rest = pages(hubspot, "/cms/v3/blogs/posts", sort=sort, limit=10, after=first["paging"]["next"]["after"])

    values = [row[member] for row in first["results"] + rest]
    assert values == sorted(values, reverse=sort.startswith("-"))
    assert len({row["id"] for row in first["results"] + rest}) == len(values) == 35


def test_an_unknown_order_or_place_is_refused(hubspot: Vendor) -> None:
    assert hubspot.get("/cms/v3/blogs/posts", sort="colour").status_code == 400
    assert hubspot.get("/cms/v3/blogs/posts", sort="name", after="nowhere").status_code == 400
    assert hubspot.get("/cms/v3/blogs/posts", updatedAfter="tomorrow").status_code == 400


def test_a_flow_is_told_in_full_only_by_itself(hubspot: Vendor) -> None:
    summary = hubspot.get("/automation/v4/flows").json()["results"][0]

    full = hubspot.get(f"/automation/v4/flows/{summary['id']}").json()

    assert "actions" not in summary
    assert full["actions"]
    assert {name: full[name] for name in summary} == summary


def test_flows_are_read_in_full_in_batches(hubspot: Vendor) -> None:
    keys = [row["id"] for row in hubspot.get("/automation/v4/flows").json()["results"]]
    inputs = [{"flowId": key, "type": "FLOW_ID"} for key in keys[:3]]

    found = hubspot.post("/automation/v4/flows/batch/read", json={"inputs": inputs}).json()["results"]

    assert [row["id"] for row in found] == keys[:3]
    assert all(row["actions"] for row in found)


def test_a_flow_is_changed_only_from_its_newest_revision(hubspot: Vendor) -> None:
    flow = hubspot.post("/automation/v4/flows", json={"name": "Welcome", "type": "CONTACT_FLOW"}).json()
    url = f"{hubspot.url}/automation/v4/flows/{flow['id']}"

    changed = hubspot.http.put(url, headers=hubspot.headers, json={"revisionId": "1", "name": "Hello"})
    stale = hubspot.http.put(url, headers=hubspot.headers, json={"revisionId": "1", "name": "Late"})

    assert (changed.json()["name"], changed.json()["revisionId"]) == ("Hello", "2")
    assert stale.status_code == 409


def test_messages_of_every_thread_are_what_the_oracle_holds(hubspot: Vendor) -> None:
    threads = pages(hubspot, THREADS, limit=500)
    thread = threads[0]["id"]
    hubspot.control("conversation_messages/create", {"values": {"conversationsThreadId": thread}})
    hubspot.control("conversation_messages/delete", {"first": 1})
    hubspot.control("conversation_threads/delete", {"keys": [threads[1]["id"]]})

    found = [
        row for row in pages(hubspot, THREADS) for row in pages(hubspot, f"{THREADS}/{row['id']}/messages", limit=4)
    ]

    by_id = {row["id"]: row for row in found}
    assert by_id == {row["id"]: row for row in held(hubspot, "conversation_messages")}
    assert len(found) == len(by_id) < 150


def test_a_new_message_moves_its_thread_to_the_end(hubspot: Vendor) -> None:
    thread = hubspot.get(THREADS, limit=1).json()["results"][0]["id"]
    sent = {"type": "MESSAGE", "text": "Hello", "senderActorId": "A-9001"}
    message = hubspot.post(f"{THREADS}/{thread}/messages", json=sent).json()

    since = {"sort": "latestMessageTimestamp", "latestMessageTimestampAfter": "2020-01-01T00:00:00Z"}
    order = pages(hubspot, THREADS, limit=5, **since)

    assert order[-1]["id"] == thread
    assert order[-1]["latestMessageTimestamp"] == message["createdAt"]
    assert hubspot.get(f"{THREADS}/{thread}/messages/{message['id']}").json() == message


def test_threads_sorted_by_their_latest_message_need_a_beginning(hubspot: Vendor) -> None:
    assert hubspot.get(THREADS, sort="latestMessageTimestamp").status_code == 400


def test_threads_can_be_narrowed(hubspot: Vendor) -> None:
    every = pages(hubspot, THREADS)

    found = pages(hubspot, THREADS, threadStatus="CLOSED", associatedContactId=every[0]["associatedContactId"])

    contact = every[0]["associatedContactId"]
    assert found == [row for row in every if (row["status"], row["associatedContactId"]) == ("CLOSED", contact)]


def test_an_archived_thread_can_be_taken_back(hubspot: Vendor) -> None:
    thread = hubspot.get(THREADS, limit=1).json()["results"][0]["id"]
    hubspot.delete(f"{THREADS}/{thread}")
    url = f"{hubspot.url}{THREADS}/{thread}?archived=true"

    hubspot.http.patch(url, headers=hubspot.headers, json={"archived": False})

    assert thread in {row["id"] for row in pages(hubspot, THREADS)}


def test_forms_made_elsewhere_than_in_the_form_editor_are_listed_on_request(hubspot: Vendor) -> None:
    unasked, asked, every = (
        pages(hubspot, "/marketing/v3/forms/", **types)
        for types in ({}, {"formTypes": "captured,flow"}, {"formTypes": "all"})
    )

    assert {row["formType"] for row in unasked} == {"hubspot"}
    assert {row["formType"] for row in asked} == {"captured", "flow"}
    assert every == held(hubspot, "forms")


def test_submissions_of_every_form_are_what_the_oracle_holds(hubspot: Vendor) -> None:
    forms = [row["id"] for row in pages(hubspot, "/marketing/v3/forms/", formTypes="all")]
    hubspot.control("form_submissions/create", {"count": 3, "values": {"formId": forms[0]}})
    hubspot.control("form_submissions/change", {"first": 7})
    hubspot.control("form_submissions/delete", {"first": 5})
    hubspot.control("forms/delete", {"keys": [forms[2]]})

    found = [row for form in forms if form != forms[2] for row in pages(hubspot, SUBMISSIONS + form, limit=50)]

    by_id = {row["conversionId"]: row for row in found}
    assert by_id == {row["conversionId"]: row for row in held(hubspot, "form_submissions")}
    assert len(found) == len(by_id) == 300 + 3 - 1
    assert hubspot.get(SUBMISSIONS + forms[2]).status_code == 404


@pytest.mark.parametrize(
    ("path", "scope"),
    [(THREADS, "conversations.read"), ("/automation/v4/flows", "automation"), ("/cms/v3/blogs/tags", "content")],
)
def test_without_the_scope_the_list_is_refused(hubspot: Vendor, path: str, scope: str) -> None:
    hubspot.token = hubspot.control("tokens", {"scopes": ["crm.objects.contacts.read"]})["access_token"]

    refused = hubspot.get(path)

    assert refused.status_code == 403
    assert scope in refused.json()["errors"][0]["context"]["requiredGranularScopes"]
