"""Faults that show in what a listing gives: its pages, its rows, its cursors."""

import base64

from tests.sandbox.conftest import DropboxVendor, Fault, Vendor

CUSTOMERS = "/v1/customers"


def test_lists_are_null_or_missing(stripe: Vendor, fault: Fault) -> None:
    fault("null_list", "stripe")
    fault("missing_envelope", "stripe", after=1)
    fault("missing_end", "stripe", after=2)

    null, missing, endless = (stripe.get(CUSTOMERS).json() for _ in range(3))

    assert null["data"] is None
    assert "data" not in missing
    assert "has_more" not in endless


def test_a_cursor_is_repeated(hubspot: Vendor, fault: Fault) -> None:
    fault("repeated_cursor", "hubspot", "/crm/v3/objects/contacts", after=1)
    first = hubspot.get("/crm/v3/objects/contacts").json()

    again = hubspot.get("/crm/v3/objects/contacts", after=first["paging"]["next"]["after"]).json()

    assert again["paging"]["next"]["after"] == first["paging"]["next"]["after"]


def test_cursors_run_in_a_circle(hubspot: Vendor, fault: Fault) -> None:
    fault("cycle", "hubspot", "/crm/v3/objects/contacts", after=2)
    first = hubspot.get("/crm/v3/objects/contacts").json()
    second = hubspot.get("/crm/v3/objects/contacts", after=first["paging"]["next"]["after"]).json()

    third = hubspot.get("/crm/v3/objects/contacts", after=second["paging"]["next"]["after"]).json()

    assert third == first


def test_rows_are_inserted_and_deleted_between_pages(stripe: Vendor, fault: Fault) -> None:
    fault("insert_head", "stripe", CUSTOMERS, after=1)
    before = stripe.get(CUSTOMERS).json()["data"][0]["id"]
    after = stripe.get(CUSTOMERS).json()["data"]
    fault("delete_row", "stripe", CUSTOMERS, count=3)
    stripe.get(CUSTOMERS)

    assert [row["id"] for row in after].index(before) == 1
    assert len(stripe.oracle("customers")) == 250 + 1 - 3


def test_rows_lose_their_key_or_come_twice(stripe: Vendor, fault: Fault) -> None:
    fault("rows_without_key", "stripe", count=3)
    fault("null_key", "stripe", after=1, count=2)
    fault("duplicate_rows", "stripe", after=2, count=2)

    keyless, null, twice = (stripe.get(CUSTOMERS).json()["data"] for _ in range(3))

    assert sum("id" not in row for row in keyless) == 3
    assert sum(row["id"] is None for row in null) == 2
    assert len({row["id"] for row in twice}) == len(twice) - 2


def test_named_rows_are_changed_or_deleted_between_pages(stripe: Vendor, fault: Fault) -> None:
    before = stripe.oracle("customers")
    changed, deleted, also = sorted(before)[:3]
    fault("change_row", "stripe", CUSTOMERS, text=changed)
    fault("delete_row", "stripe", CUSTOMERS, after=1, text=f"{deleted},{also}")
    stripe.get(CUSTOMERS)
    stripe.get(CUSTOMERS)

    after = stripe.oracle("customers")
    assert before.keys() - after.keys() == {deleted, also}
    assert [key for key in after if after[key] != before[key]] == [changed]


def test_rows_are_shuffled_and_none_is_lost(stripe: Vendor, fault: Fault) -> None:
    ordered = [row["id"] for row in stripe.get(CUSTOMERS).json()["data"]]
    fault("shuffled_rows", "stripe", CUSTOMERS)

    shuffled = [row["id"] for row in stripe.get(CUSTOMERS).json()["data"]]

    assert shuffled != ordered
    assert sorted(shuffled) == sorted(ordered)


def test_a_search_counts_more_than_it_has(hubspot: Vendor, fault: Fault) -> None:
    search = "/crm/v3/objects/contacts/search"
    told = hubspot.post(search, json={"limit": 0}).json()["total"]
    fault("wrong_total", "hubspot", search, count=3)

    assert hubspot.post(search, json={"limit": 0}).json()["total"] == told + 3


def test_files_are_not_searched_beyond_the_cap_but_by_their_ids(hubspot: Vendor) -> None:
    search = "/files/v3/files/search"
    every = [row["id"] for row in hubspot.get(search, limit=100).json()["results"]]

    some = [row["id"] for row in hubspot.get(search, limit=100, idGte=every[2], idLte=every[5]).json()["results"]]

    assert some == every[2:6]
    assert hubspot.get(search, after=base64.b64encode(b"10000").decode()).status_code == 200
    assert hubspot.get(search, after=base64.b64encode(b"10001").decode()).status_code == 400


def test_one_row_is_larger_than_all_others_wherever_it_is_shown(stripe: Vendor, fault: Fault) -> None:
    rows = stripe.get(CUSTOMERS).json()["data"]
    fault("huge_row", "stripe", CUSTOMERS + "*", times=0, text=rows[1]["id"], mebibytes=3)

    page, single = stripe.get(CUSTOMERS).json()["data"], stripe.get(f"{CUSTOMERS}/{rows[1]['id']}").json()

    assert page[1] == single == rows[1] | {"grown": "x" * 3 * 1024 * 1024}
    assert page[2:] == rows[2:]
    assert stripe.get(f"{CUSTOMERS}/{rows[0]['id']}").json() == rows[0]


def test_a_place_in_a_list_is_no_longer_known(dropbox: DropboxVendor, stripe: Vendor, fault: Fault) -> None:
    _, cursor = dropbox.listing()
    fault("lost_place", "dropbox", "/2/files/list_folder/continue")
    fault("lost_place", "stripe", CUSTOMERS)

    feed = dropbox.call("files/list_folder/continue", cursor=cursor)
    page = stripe.get(CUSTOMERS, starting_after="cus_1")

    assert (feed.status_code, feed.json()["error"][".tag"]) == (409, "reset")
    assert (page.status_code, page.json()["error"]["code"]) == (400, "resource_missing")
