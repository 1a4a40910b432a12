"""What holds for every route there is, and for every one there will be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from moto import mock_aws

import app
from chalicelib.api.endpoint import ENDPOINTS, Endpoint
from chalicelib.api.openapi import example
from chalicelib.domain import access
from chalicelib.store.accounts import Account
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.snapshots import Snapshot
from chalicelib.store.sources import Source
from chalicelib.store.table import Item
from tests.api.conftest import Someone, new_pool, signed_up, with_role
from tests.api.gateway import Answer, Gateway

ABSENT = {
    "account_id": "acc_01JZ9Y7T3N8Q4V6W2X5K1M0PRS",
    "connection_id": "con_01JZ9Y7T3N8Q4V6W2X5K1M0PRS",
    "source_id": "src_01JZ9Y7T3N8Q4V6W2X5K1M0PRS",
    "job_id": "job_01JZ9Y7T3N8Q4V6W2X5K1M0PRS",
    "snapshot_id": "snp_01JZ9Y7T3N8Q4V6W2X5K1M0PRS",
}
RANDOM = {
    **ABSENT,
    "platform": "stripe",
    "provider": "stripe",
    "stream": "customers",
    "key": "cus_1",
}
ODD_BODIES = {
    "[]": 422,
    "null": 422,
    "{": 400,
    "true false": 400,
    '{"a":' * 50_000: 400,
    "x" * 300_000: 413,
    "[" * 100_000: 400,
    "y" * 11 * 1024 * 1024: 413,
    "{" + ",".join(f'"{number:x}":1' for number in range(100_000)) + "}": 413,
    "\ud800": 400,
    "{" + ",".join(f'"k{number}":1' for number in range(20_000)) + "}": 422,
}


def name_of(one: object) -> str:
    return one.name if isinstance(one, Endpoint) else str(one)


VENDORS = {"clientId"}


def ids_in(declared: Endpoint) -> set[str]:
    """The fields of an endpoint's body that name an object of ours."""
    assert declared.body is not None
    fields = declared.body.model_json_schema(by_alias=True)["properties"]
    return {field for field in fields if field.endswith("Id")} - VENDORS


NEEDED = {"snapshots.diff": "?with=snp_01JZ9Y7T3N8Q4V6W2X5K1M0PRT", "oauth.callback": "?state=x&code=y"}
GUARDED = [one for one in ENDPOINTS if one.on != "public"]
NOBODYS = {"platform", "provider", "stream", "key"}
OWNED = [one for one in GUARDED if set(re.findall(r"{(\w+)}", one.path)) - NOBODYS]
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "CONNECT", "PROPFIND")
PATHS = sorted({one.path for one in ENDPOINTS})


@dataclass(frozen=True)
class Town:
    """People who share one deployment: Ada, who owns one object of every kind, Eve next door, and Ada's viewer."""

    http: Gateway
    ada: Someone
    eve: Someone
    viewer: Gateway
    ids: dict[str, str]


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with mock_aws():
        Item.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        with new_pool():
            http = Gateway(app.app)
            ada, eve, vic = (signed_up(http, f"{name}@example.com") for name in ("ada", "eve", "vic"))
            yield Town(http, ada, eve, with_role(ada, vic, "viewer"), furnished(ada))


def furnished(ada: Someone) -> dict[str, str]:
    """Give Ada one object of every kind; their ids."""
    now, ids = datetime.now(UTC), {**RANDOM, "account_id": ada.account_id}
    ids |= {name: value[:-1] + "T" for name, value in ABSENT.items() if name != "account_id"}
    job = {name: ids[name] for name in ("account_id", "connection_id", "source_id", "job_id", "snapshot_id")}
    owned = {name: ids[name] for name in ("account_id", "connection_id")}
    Connection.new(now=now, **owned, user_id=ada.user_id, platform="stripe", name="Stripe").create()
    Source.new(now=now, **owned, source_id=ids["source_id"], user_id=ada.user_id, platform="stripe", name="S").create()
    Job.new(now=now, **job, platform="stripe").create()
    Snapshot.new(
        now=now, account_id=ada.account_id, source_id=ids["source_id"], snapshot_id=ids["snapshot_id"],
        job_id=ids["job_id"], platform="stripe", status="complete", taken_at=now, manifest="m", manifest_sha256="0",
    ).create()  # fmt: skip
    return ids


def ask(http: Gateway, declared: Endpoint, ids: dict[str, str] | None = None, /, **fields: Any) -> Answer:
    """Send the endpoint a request that is right in everything but what the test is about."""
    path = declared.path.format(**{**RANDOM, **(ids or {})}) + NEEDED.get(declared.name, "")
    body = {**example(declared.body), **fields} if declared.body else None
    return http.send(declared.method, path, body)


@pytest.mark.parametrize("declared", GUARDED, ids=name_of)
def test_s1_no_route_answers_without_a_token(town: Town, declared: Endpoint) -> None:
    answer = ask(town.http, declared)

    assert (answer.status, answer.code) == (401, "unauthenticated")


@pytest.mark.parametrize("declared", OWNED, ids=name_of)
def test_s10_another_tenants_object_looks_like_none_at_all(town: Town, declared: Endpoint) -> None:
    foreign, absent = ask(town.eve.http, declared, town.ids), ask(town.eve.http, declared)

    assert (foreign.status, foreign.code) == (404, "not_found")
    assert told(foreign) == told(absent)


@pytest.mark.parametrize("declared", [one for one in GUARDED if one.body and ids_in(one)], ids=name_of)
def test_s12_no_body_names_another_tenants_object(town: Town, declared: Endpoint) -> None:
    (field,) = ids_in(declared)
    name = {"accountId": "account_id", "connectionId": "connection_id"}[field]

    assert declared.body is not None
    elsewhere = {"returnTo": None} if "returnTo" in example(declared.body) else {}
    foreign, absent = (ask(town.eve.http, declared, **elsewhere, **{field: one[name]}) for one in (town.ids, ABSENT))

    assert (foreign.status, foreign.code) == (404, "not_found")
    assert told(foreign) == told(absent)


def test_s10_the_matrix_holds_every_route_that_names_an_object() -> None:
    named = set(re.findall(r"{(\w+)}", " ".join(app.app.routes)))

    assert named - NOBODYS == ABSENT.keys(), "a new kind of id needs an object of Ada's in `furnished`"


@pytest.mark.parametrize("path", PATHS)
def test_s54_a_path_takes_the_methods_it_declares_and_no_other(town: Town, path: str) -> None:
    declared = {one.method for one in ENDPOINTS if one.path == path}

    refused = {verb: town.ada.http.send(verb, path.format(**RANDOM)) for verb in VERBS if verb not in declared}

    assert {(one.status, one.code) for one in refused.values()} == {(405, "method_not_allowed")}
    assert {one.headers["Cache-Control"] for one in refused.values()} == {"no-store"}


@pytest.mark.parametrize("declared", [one for one in ENDPOINTS if one.name != "auth.logout"], ids=name_of)
def test_s54_no_answer_is_stored_on_its_way_or_read_by_another_origin(town: Town, declared: Endpoint) -> None:
    elsewhere = {"origin": "https://app.test.evil.test"}

    asked = [
        ask(one.but(**elsewhere), declared, {"account_id": town.ada.account_id}) for one in (town.http, town.viewer)
    ]

    assert {answer.headers["Cache-Control"] for answer in asked} == {"no-store"}
    assert not [name for answer in asked for name in answer.headers if name.startswith("Access-Control-")]


@pytest.fixture
def small_keys(town: Town) -> Iterator[None]:
    """DynamoDB's limit of 1024 bytes a sort key, which moto does not know."""

    def check(params: dict[str, Any], **_: Any) -> None:
        assert "x" * 1000 not in str(params["body"]), "DynamoDB refuses so long a key, and that is an internal error"

    events = Item._get_connection().connection.client.meta.events
    events.register("before-call.dynamodb", check)
    yield
    events.unregister("before-call.dynamodb", check)


@pytest.mark.parametrize("declared", OWNED, ids=name_of)
def test_s46_an_id_of_any_shape_is_just_not_found(town: Town, small_keys: None, declared: Endpoint) -> None:
    odd = ("%23", "x%23JOB%23y", "%2F..%2F", "%00", "x" * 3000, "%27%20OR%201%3D1", "%7B0.__class__%7D", "a%20OR%20b")

    answers = {one: ask(town.ada.http, declared, dict.fromkeys(ABSENT, one)) for one in odd}

    assert {one[:9]: answer.status for one, answer in answers.items()} == {one[:9]: 404 for one in odd}


@pytest.mark.parametrize("context", ["x" * 3000, "acc_1#ACTIVITY", "\u0000", "{0}", "../acc_1"])
def test_s46_a_context_of_any_shape_is_just_not_ones_own(town: Town, small_keys: None, context: str) -> None:
    assert town.eve.http.but(x_account_context=context).get("/sources").status == 403


@pytest.mark.parametrize("declared", [one for one in OWNED if one.method == "GET"], ids=name_of)
def test_the_owner_finds_what_strangers_do_not(town: Town, declared: Endpoint) -> None:
    assert ask(town.ada.http, declared, town.ids).status != 404


@pytest.mark.parametrize("declared", [one for one in GUARDED if one.on == "context"], ids=name_of)
def test_s13_no_route_lets_a_stranger_act_in_an_account(town: Town, declared: Endpoint) -> None:
    inside = ask(town.eve.http.but(x_account_context=town.ada.account_id), declared)
    nowhere = ask(town.eve.http.but(x_account_context=RANDOM["account_id"]), declared)

    assert (inside.status, inside.code) == (403, "forbidden")
    assert told(inside) == told(nowhere)


@pytest.mark.parametrize("declared", [one for one in GUARDED if one.on != "self" and one.method != "GET"], ids=name_of)
def test_s21_a_viewer_changes_nothing(town: Town, declared: Endpoint) -> None:
    answer = ask(town.viewer, declared, {"account_id": town.ada.account_id})

    assert (answer.status, answer.code) == (403, "forbidden")


@pytest.mark.parametrize("declared", [one for one in ENDPOINTS if one.body], ids=name_of)
def test_s22_no_route_takes_a_field_it_does_not_know(town: Town, declared: Endpoint) -> None:
    strange = {
        "unknown",
        "role",
        "ownerUserId",
        "plan",
        "limits",
        "userId",
        "createdAt",
        "version",
        "secretArn",
        "__proto__",
    }

    answer = ask(town.ada.http, declared, {"account_id": town.ada.account_id}, **dict.fromkeys(strange, "owner"))

    assert (answer.status, answer.code) == (422, "invalid_fields")
    assert strange <= {detail["path"] for detail in answer.json["error"]["details"]}


@pytest.mark.parametrize("declared", [one for one in ENDPOINTS if one.name != "oauth.callback"], ids=name_of)
def test_no_route_takes_a_parameter_it_does_not_know(town: Town, declared: Endpoint) -> None:
    path = declared.path.format(**{**RANDOM, "account_id": town.ada.account_id}) + NEEDED.get(declared.name, "")
    body = example(declared.body) if declared.body else None

    answer = town.ada.http.send(declared.method, f"{path}{'&' if '?' in path else '?'}unknown=1", body)

    assert (answer.status, answer.code) == (422, "invalid_fields")


@pytest.mark.parametrize("declared", [one for one in ENDPOINTS if one.body], ids=name_of)
def test_s48_no_route_takes_a_body_of_another_shape(town: Town, declared: Endpoint) -> None:
    path = declared.path.format(**{**RANDOM, "account_id": town.ada.account_id})

    answers = {body: town.ada.http.send(declared.method, path, body) for body in ODD_BODIES}

    assert {body[:9]: answer.status for body, answer in answers.items()} == {b[:9]: s for b, s in ODD_BODIES.items()}


@pytest.mark.parametrize("declared", [one for one in ENDPOINTS if one.body], ids=name_of)
def test_s48_no_route_takes_another_kind_of_content(town: Town, declared: Endpoint) -> None:
    path = declared.path.format(**{**RANDOM, "account_id": town.ada.account_id})

    plain = town.ada.http.send(declared.method, path, "{}", content_type="text/plain")
    packed = town.ada.http.but(content_encoding="gzip").send(declared.method, path, "{}")

    assert (plain.status, packed.status) == (415, 415)


@pytest.mark.parametrize("declared", GUARDED, ids=name_of)
def test_every_route_asks_for_a_permission_that_the_policies_know(declared: Endpoint) -> None:
    owner = access.Actor("usr_1", "active", [])
    account = Account(account_id="acc_1", path="/acc_1/", status="active")

    access.may(owner, str(declared.allow), None if declared.on == "self" else account)


def test_every_route_is_declared_and_guarded() -> None:
    declared: dict[tuple[str, str], Endpoint] = {(one.path, one.method): one for one in ENDPOINTS}
    for path, methods in app.app.routes.items():
        for method, entry in methods.items():
            if method != "OPTIONS":
                one = declared[path, method]
                assert (entry.authorizer is None) == (one.on == "public"), one.name
                assert one.summary.endswith("."), one.name


def told(answer: Answer) -> dict[str, Any]:
    """What the answer tells, but for the id that every answer has of its own."""
    return {**answer.json["error"], "correlationId": None}
