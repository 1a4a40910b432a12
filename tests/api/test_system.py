"""Is it there, is it well, what does it offer."""

import json

import yaml
from openapi_spec_validator import validate

from chalicelib.api import openapi
from chalicelib.api.endpoint import ENDPOINTS
from chalicelib.aws import clients
from chalicelib.config import settings
from sandbox.app import Sandbox
from tests.api.conftest import Someone
from tests.api.gateway import Gateway


def test_status_asks_nothing_of_anyone(http: Gateway) -> None:
    assert http.get("/status").json == {"status": "ok", "stage": "test"}


def test_health_tells_each_dependency_and_how_fast_it_was(ada: Someone) -> None:
    clients.s3().create_bucket(Bucket=settings().data_bucket)

    health = ada.http.get("/system/health").json

    assert health["dependencies"].keys() == {"table", "archive", "userPool", "secrets", "executions"}
    assert (health["status"], {one["works"] for one in health["dependencies"].values()}) == ("ok", {True})
    assert all(one["latencyMs"] >= 0 for one in health["dependencies"].values())


def test_health_is_degraded_where_one_does_not_answer(ada: Someone) -> None:
    health = ada.http.get("/system/health").json

    assert (health["status"], health["dependencies"]["archive"]["works"]) == ("degraded", False)
    assert settings().data_bucket not in json.dumps(health)


def test_the_document_is_answered_as_json_and_as_yaml(http: Gateway) -> None:
    as_json, as_yaml = http.get("/system/openapi"), http.get("/system/openapi?format=yaml")

    assert as_yaml.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(as_yaml.text) == as_json.json == openapi.document()


def test_the_committed_document_is_what_the_endpoints_say(http: Gateway) -> None:
    committed = openapi.FILE.read_text(encoding="utf-8")

    assert committed == openapi.as_json(openapi.document()), "run: python -m chalicelib.api.openapi"


def test_the_document_is_valid_openapi(http: Gateway) -> None:
    validate(openapi.document())


def test_every_operation_has_a_summary_an_example_its_errors_and_its_permission(http: Gateway) -> None:
    paths = openapi.document()["paths"]
    for declared in ENDPOINTS:
        operation = paths[declared.path][declared.method.lower()]
        good = operation["responses"][str(declared.status)]["content"]["application/json"]
        assert operation["operationId"] == declared.name
        assert operation["summary"]
        assert "example" in good
        assert {status for status in operation["responses"] if status >= "400"} >= {"422", "500"}
        assert operation.get("x-permission") == declared.allow


def test_platforms_are_listed_with_what_is_backed_up_of_them(ada: Someone, vendors: Sandbox) -> None:
    listed = {one["platform"]: one for one in ada.http.get("/platforms").json["items"]}
    streams = ada.http.get("/platforms/stripe/sources").json["items"]

    assert {"stripe", "hubspot", "dropbox"} <= listed.keys()
    assert len(streams) == listed["stripe"]["streams"]
    assert ada.http.get("/platforms/stripe/sources/customers").json == next(
        s for s in streams if s["name"] == "customers"
    )
    assert {one["deletions"] for one in streams} <= {"sweep", "listing", "events", "feed", "never"}


def test_platforms_are_filtered_by_category(ada: Someone) -> None:
    listed = ada.http.get("/platforms?category=payments").json["items"]

    assert [one["platform"] for one in listed] == ["stripe"]


def test_what_no_platform_has_is_not_found(ada: Someone) -> None:
    for path in ("/platforms/myspace", "/platforms/myspace/sources", "/platforms/stripe/sources/contacts"):
        assert ada.http.get(path).status == 404
