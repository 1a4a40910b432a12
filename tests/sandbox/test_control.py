from pathlib import Path

import msgspec
import requests

from sandbox import Sandbox, Settings
from tests.sandbox.conftest import Control, Vendor

SURVIVING = (
    "stripe/customers", "stripe/account_persons", "hubspot/contacts", "hubspot/blog_posts", "hubspot/form_submissions",
    "hubspot/conversation_threads", "hubspot/association_labels", "hubspot/property_groups", "dropbox/entries",
)  # fmt: skip


def test_the_clock_can_be_read_set_advanced_and_frozen(
    control: Control, sandbox: Sandbox, http: requests.Session
) -> None:
    control("POST", "/clock", {"set": "2026-01-01T00:00:00Z", "freeze": True})
    control("POST", "/clock", {"advance": 60})

    assert control("GET", "/clock").json() == {"now": 1767225660.0, "time": "2026-01-01T00:01:00Z", "frozen": True}
    assert http.get(f"{sandbox.url}/api.stripe.com/v1").headers["Date"] == "Thu, 01 Jan 2026 00:01:00 GMT"


def test_records_are_created_changed_and_deleted_in_bulk(stripe: Vendor) -> None:
    made = stripe.control("customers/create", {"count": 5, "values": {"name": "Zoë"}})["keys"]
    stripe.control("customers/change", {"keys": made[:2], "values": {"name": "Ann"}})
    stripe.control("customers/delete", {"keys": made[4:]})

    names = [msgspec.json.decode(stripe.oracle("customers")[key])["name"] for key in made[:4]]
    assert names == ["Ann", "Ann", "Zoë", "Zoë"]
    assert made[4] not in stripe.oracle("customers")


def test_deletions_are_told_with_their_time(stripe: Vendor, control: Control) -> None:
    control("POST", "/clock", {"set": 1_800_000_000, "freeze": True})
    key = stripe.control("coupons/delete", {"first": 0})["keys"][0]

    assert control("GET", "/stripe/coupons/deleted").json() == {"deleted": [{"key": key, "time": 1_800_000_000}]}


def test_raw_values_are_kept_as_they_were_given(stripe: Vendor) -> None:
    raw = {"balance": "10.00", "name": '"\\ud83d alone"', "odd": "NaN"}
    key = stripe.control("customers/change", {"first": 3, "raw": raw})["keys"][0]

    record = stripe.oracle("customers")[key]

    for name, text in raw.items():
        assert f'"{name}":{text}'.encode() in record
        assert text.encode() in stripe.get(f"/v1/customers/{key}").content


def test_the_request_log_tells_when_what_was_asked_and_no_token(stripe: Vendor, control: Control) -> None:
    stripe.get("/v1/customers", limit=3)

    entry = control("GET", "/requests?vendor=stripe").json()["requests"][-1]

    assert (entry["path"], entry["query"], entry["status"]) == ("/api.stripe.com/v1/customers", "limit=3", 200)
    assert entry["account"] == "acct_1SandboxListBackup"
    assert stripe.token not in str(entry)


def test_the_request_log_blots_out_tokens_in_paths_and_queries(hubspot: Vendor, control: Control) -> None:
    hubspot.get(f"/oauth/v1/access-tokens/{hubspot.token}", signature="s3cret")

    entry = control("GET", "/requests?vendor=hubspot").json()["requests"][-1]

    assert entry["path"].endswith("/access-tokens/***")
    assert entry["query"] == "signature=***"


def test_a_rate_limit_refuses_what_is_too_much_with_the_vendors_own_words(stripe: Vendor, hubspot: Vendor) -> None:
    stripe.settings(limit={"requests": 3, "seconds": 60})
    hubspot.settings(limit={"requests": 3, "seconds": 60})

    charges = [stripe.get("/v1/charges") for _ in range(4)]
    contacts = [hubspot.get("/crm/v3/objects/contacts") for _ in range(4)]

    assert [answer.status_code for answer in charges] == [200, 200, 200, 429]
    assert charges[3].json()["error"]["code"] == "rate_limit"
    assert contacts[3].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert [answer.headers["X-HubSpot-RateLimit-Remaining"] for answer in contacts[:3]] == ["2", "1", "0"]


def test_searches_have_a_limit_of_their_own(hubspot: Vendor) -> None:
    hubspot.settings(search_limit={"requests": 1, "seconds": 60})

    answers = [hubspot.post("/crm/v3/objects/contacts/search", json={}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["policyName"] == "SECONDLY"
    assert "X-HubSpot-RateLimit-Max" not in answers[0].headers


def test_unknown_names_are_missing_and_bad_bodies_refused(control: Control) -> None:
    assert control("GET", "/stripe/nonsense").status_code == 404
    assert control("GET", "/nobody").status_code == 404
    assert control("GET", "/stripe/customers?account=acct_unknown").status_code == 404
    assert control("PATCH", "/stripe", {"latency": "much"}).status_code == 400


def test_answers_are_compressed_for_those_who_take_it(stripe: Vendor, http: requests.Session) -> None:
    headers = stripe.headers
    packed = http.get(f"{stripe.url}/v1/customers", headers={**headers, "Accept-Encoding": "gzip"})
    plain = http.get(f"{stripe.url}/v1/customers", headers={**headers, "Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content


def test_everything_survives_a_restart(tmp_path: Path, http: requests.Session) -> None:
    settings = Settings(port=0, state=tmp_path / "state.json")
    with Sandbox(settings) as first:
        base = f"{first.url}/_sandbox"
        token = http.post(f"{base}/stripe/tokens").json()["access_token"]
        for name in SURVIVING:
            for action in ("create", "change", "delete"):
                http.post(f"{base}/{name}/{action}", json={"count": 2}).raise_for_status()
        http.post(f"{base}/stripe/customers/change", json={"first": 9, "raw": {"odd": "NaN"}})
        http.post(f"{base}/clock", json={"advance": 1000})
        asked = [*SURVIVING, "stripe/events", "hubspot/blog_posts/deleted", "hubspot/association_labels/deleted"]
        before = {name: http.get(f"{base}/{name}").content for name in asked}

    with Sandbox(settings) as second:
        after = {name: http.get(f"{second.url}/_sandbox/{name}").content for name in before}
        headers = {"Authorization": f"Bearer {token}"}
        answer = http.get(f"{second.url}/api.stripe.com/v1/customers", headers=headers)

    assert after == before
    assert answer.status_code == 200
