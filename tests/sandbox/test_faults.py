"""Faults of single answers, and when they strike."""

import gzip
import json
import time

import pytest
import requests

from tests.sandbox.conftest import Control, DropboxVendor, Fault, Vendor

CUSTOMERS = "/v1/customers"


def test_faults_strike_after_some_requests_and_so_often(stripe: Vendor, fault: Fault) -> None:
    fault("status", "stripe", CUSTOMERS, after=1, times=2, status=503)

    assert [stripe.get(CUSTOMERS).status_code for _ in range(4)] == [200, 503, 503, 200]


def test_faults_strike_only_where_they_are_meant_to(stripe: Vendor, fault: Fault) -> None:
    fault("status", "stripe", "/v1/charges*", times=0, status=500)

    assert stripe.get(CUSTOMERS).status_code == 200
    assert stripe.get("/v1/charges").status_code == 500


@pytest.mark.parametrize(
    ("given", "sent"), [("7", "7"), ("", None), ("date:60", "GMT")], ids=["seconds", "none", "http-date"]
)
def test_a_429_tells_when_to_come_back_in_any_form(stripe: Vendor, fault: Fault, given: str, sent: str | None) -> None:
    fault("status", "stripe", status=429, retry_after=given)

    header = stripe.get(CUSTOMERS).headers.get("Retry-After")

    assert header is None if sent is None else (header or "").endswith(sent)


def test_the_connection_is_cut_in_the_middle_of_the_body(stripe: Vendor, fault: Fault) -> None:
    fault("cut", "stripe")

    with pytest.raises(requests.exceptions.RequestException):
        stripe.get(CUSTOMERS)


def test_a_body_ends_before_its_content_length(stripe: Vendor, fault: Fault) -> None:
    fault("short_body", "stripe")

    with pytest.raises(requests.exceptions.RequestException):
        stripe.get(CUSTOMERS)


def test_a_held_answer_never_comes(stripe: Vendor, fault: Fault) -> None:
    fault("timeout", "stripe", seconds=0.2)

    with pytest.raises(requests.exceptions.RequestException):
        stripe.get(CUSTOMERS)


def test_a_drip_is_slow_but_complete(stripe: Vendor, fault: Fault) -> None:
    fault("drip", "stripe", CUSTOMERS + "/*", seconds=0.001)
    key = stripe.get(CUSTOMERS, limit=1).json()["data"][0]["id"]

    assert stripe.get(f"{CUSTOMERS}/{key}").json()["id"] == key


def test_gzip_is_truncated_at_a_consistent_length(stripe: Vendor, fault: Fault, http: requests.Session) -> None:
    fault("truncated_gzip", "stripe")

    with http.get(stripe.url + CUSTOMERS, headers=stripe.headers, stream=True) as response:
        body = response.raw.read(decode_content=False)

    assert len(body) == int(response.headers["Content-Length"])
    with pytest.raises(EOFError):
        gzip.decompress(body)


def test_json_is_truncated_at_a_consistent_length(stripe: Vendor, fault: Fault) -> None:
    fault("truncated_json", "stripe")

    with pytest.raises(requests.exceptions.JSONDecodeError):
        stripe.get(CUSTOMERS).json()


@pytest.mark.parametrize(("name", "start"), [("html", "<!DOCTYPE"), ("empty", ""), ("error_body", '{\n  "error"')])
def test_a_success_is_none(stripe: Vendor, fault: Fault, name: str, start: str) -> None:
    fault(name, "stripe")

    answer = stripe.get(CUSTOMERS)

    assert answer.status_code == 200
    assert answer.text[: max(len(start), 1)] == start


@pytest.mark.parametrize(
    ("name", "bytes_sent"),
    [
        ("lone_surrogate", rb"\ud83d surrogate"),
        ("not_a_number", b"NaN"),
        ("huge_number", b"1e400"),
        ("long_integer", b"12345678901234567890123"),
        ("invalid_utf8", b"caf\xe9 \xff"),
    ],
)
def test_odd_values_are_sent_byte_for_byte(stripe: Vendor, fault: Fault, name: str, bytes_sent: bytes) -> None:
    fault("odd_value", "stripe", text=name)

    assert bytes_sent in stripe.get(CUSTOMERS).content


def test_members_come_twice_fields_come_new_and_types_change(stripe: Vendor, fault: Fault) -> None:
    fault("duplicate_members", "stripe")
    fault("extra_field", "stripe", after=1, field="novelty")
    fault("changed_type", "stripe", after=2, field="created")

    twice, novel, changed = (stripe.get(CUSTOMERS) for _ in range(3))

    assert twice.content.count(b'"twice"') == 2
    assert all("novelty" in row for row in novel.json()["data"])
    assert isinstance(changed.json()["data"][0]["created"], str)


def test_a_token_expires_or_is_revoked_or_loses_a_scope(hubspot: Vendor, fault: Fault) -> None:
    path = "/crm/v3/objects/contacts"
    fault("expired_token", "hubspot", path)
    expired, well = hubspot.get(path), hubspot.get(path)
    fault("remove_scope", "hubspot", path, scope="crm.objects.contacts.read")
    narrowed = hubspot.get(path)
    fault("revoke", "hubspot", path)
    revoked = hubspot.get(path)

    assert [expired.status_code, well.status_code, narrowed.status_code, revoked.status_code] == [401, 200, 403, 401]


def test_a_client_is_led_to_a_foreign_host(hubspot: Vendor, fault: Fault, http: requests.Session) -> None:
    fault("redirect", "hubspot")
    fault("foreign_next", "hubspot", after=1)
    url = f"{hubspot.url}/crm/v3/objects/contacts"

    moved = http.get(url, headers=hubspot.headers, allow_redirects=False)
    link = http.get(url, headers=hubspot.headers).json()["paging"]["next"]["link"]

    assert moved.headers["Location"].startswith("https://collector.attacker.example/")
    assert link.startswith("https://collector.attacker.example/")


def test_contents_do_not_match_what_is_said_about_them(dropbox: DropboxVendor, fault: Fault) -> None:
    node = dropbox.content("files/upload", b"contents", path="/a.txt").json()
    fault("flip_bytes", "dropbox", "/2/files/download")

    body = dropbox.content("files/download", path=node["id"])

    assert body.content != b"contents"
    assert json.loads(body.headers["Dropbox-API-Result"])["content_hash"] == node["content_hash"]


def test_a_file_changes_while_it_is_downloaded(dropbox: DropboxVendor, fault: Fault) -> None:
    node = dropbox.content("files/upload", b"old old old old", path="/a.txt").json()
    fault("changing_file", "dropbox", "/2/files/download", collection="entries", text=node["id"])

    body = dropbox.content("files/download", path=node["id"])
    now = dropbox.call("files/get_metadata", path=node["id"]).json()

    assert body.content.startswith(b"old")
    assert body.content != b"old old old old"
    assert now["rev"] != json.loads(body.headers["Dropbox-API-Result"])["rev"]


def test_a_small_body_swells(stripe: Vendor, fault: Fault, http: requests.Session) -> None:
    fault("bomb", "stripe", mebibytes=8)

    with http.get(stripe.url + CUSTOMERS, headers=stripe.headers, stream=True) as response:
        packed = response.raw.read(decode_content=False)

    assert len(packed) < 64 * 1024
    assert len(gzip.decompress(packed)) == 8 * 1024 * 1024


def test_an_answer_has_one_more_header(stripe: Vendor, fault: Fault) -> None:
    fault("header", "stripe", CUSTOMERS, field="Sunset", text="Wed, 01 Jul 2026 00:00:00 GMT")

    assert stripe.get(CUSTOMERS).headers["Sunset"] == "Wed, 01 Jul 2026 00:00:00 GMT"


def test_a_date_to_come_back_at_is_by_the_vendors_clock(stripe: Vendor, fault: Fault, control: Control) -> None:
    control("POST", "/clock", {"set": "2020-01-01T00:00:00Z", "freeze": True})
    fault("status", "stripe", CUSTOMERS, status=429, retry_after="date:60")

    assert stripe.get(CUSTOMERS).headers["Retry-After"] == "Wed, 01 Jan 2020 00:01:00 GMT"


def test_a_fault_can_be_late_only(stripe: Vendor, fault: Fault) -> None:
    fault("slow", "stripe", seconds=0.2)

    started = time.monotonic()
    answer = stripe.get(CUSTOMERS)

    assert answer.status_code == 200
    assert time.monotonic() - started >= 0.2


def test_unknown_faults_and_fields_are_refused(control: Control) -> None:
    assert control("POST", "/faults", {"fault": "nonsense"}).status_code == 400
    assert control("POST", "/faults", {"fault": "html", "sometimes": True}).status_code == 400


def test_every_fault_is_documented(control: Control, request: pytest.FixtureRequest) -> None:
    page = (request.config.rootpath / "sandbox" / "README.md").read_text()

    assert [name for name in control("GET", "/faults").json()["known"] if f"| `{name}`" not in page] == []
