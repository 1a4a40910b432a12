"""One shape of errors, the same headers on everything, and nothing told that is nobody's business."""

import io
import logging
from collections.abc import Iterator

import pytest

from chalicelib.aws import clients
from chalicelib.config import settings
from chalicelib.telemetry import logger
from tests.api.conftest import PASSWORD, Someone, signed_up
from tests.api.gateway import Gateway

SECURE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


def test_every_answer_carries_the_security_headers_and_a_correlation_id(http: Gateway, ada: Someone) -> None:
    answers = [http.get("/status"), http.get("/sources"), ada.http.get("/sources"), ada.http.get("/jobs/job_1")]

    assert [answer.status for answer in answers] == [200, 401, 200, 404]
    for answer in answers:
        assert SECURE.items() <= answer.headers.items()
        assert answer.headers["X-Correlation-Id"]


def test_the_callers_correlation_id_is_kept_where_it_is_one(http: Gateway) -> None:
    kept = http.but(x_correlation_id="order-2026.11_23").get("/sources")
    made = http.but(x_correlation_id="a b\r\nSet-Cookie: x").get("/sources")

    assert kept.json["error"]["correlationId"] == kept.headers["X-Correlation-Id"] == "order-2026.11_23"
    assert len(made.headers["X-Correlation-Id"]) == 26


def test_s54_an_answer_is_for_our_own_apps(http: Gateway) -> None:
    def allowed(origin: str) -> str | None:
        return http.but(origin=origin).get("/status").headers.get("Access-Control-Allow-Origin")

    assert allowed("https://app.test") == "https://app.test"
    others = ("http://localhost:3000", "https://app.test.evil.test", "null", "https://APP.test", "http://app.test")
    assert {allowed(origin) for origin in others} == {None}


def test_a_browser_may_ask_what_it_may_send(http: Gateway) -> None:
    asked = http.but(origin="https://app.test").send("OPTIONS", "/sources/src_1/sync")

    assert (asked.status, asked.headers["Access-Control-Max-Age"]) == (204, "86400")
    assert "X-Account-Context" in asked.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("method", ["PUT", "TRACE", "HEAD", "PROPFIND"])
def test_s54_a_method_that_no_route_has_is_refused(ada: Someone, method: str) -> None:
    answer = ada.http.send(method, "/sources")

    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert SECURE.items() <= answer.headers.items()


def test_s45_an_unexpected_failure_tells_nothing_of_our_inside(ada: Someone, caplog: pytest.LogCaptureFixture) -> None:
    clients.secrets_manager().delete_secret(SecretId=settings().signing_key_secret, ForceDeleteWithoutRecovery=True)
    with caplog.at_level(logging.CRITICAL):
        answer = ada.http.get("/jobs")

    assert (answer.status, answer.code) == (502, "upstream_failed")
    assert settings().signing_key_secret not in answer.text


def test_s45_a_lost_table_is_an_internal_error(ada: Someone) -> None:
    from chalicelib.store.table import Item

    Item.delete_table()

    answer = ada.http.get("/sources")

    assert (answer.status, answer.code) == (500, "internal")
    assert "listbackup-test" not in answer.text
    assert "Traceback" not in answer.text


def test_every_error_has_the_one_shape(http: Gateway, ada: Someone) -> None:
    errors = [http.get("/sources"), ada.http.get("/sources/x"), ada.http.post("/sources"), ada.http.get("/jobs?x=1")]

    for answer in errors:
        assert answer.json.keys() == {"error"}
        assert answer.json["error"].keys() == {"code", "message", "details", "correlationId"}


def test_a_path_that_is_not_utf_8_is_refused(ada: Someone) -> None:
    assert ada.http.get("/sources/%ff%fe").status == 400


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, as CloudWatch gets it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield written
    logger.handlers.remove(handler)


def test_s43_no_token_or_password_is_in_any_log(http: Gateway, log: io.StringIO) -> None:
    ada = signed_up(http, "ada@example.com")
    ada.http.get("/sources/x")
    http.but(authorization=f"Bearer {ada.tokens['accessToken']}x").get("/sources")

    logged = log.getvalue()
    assert "refused" in logged
    assert not [secret for secret in (*ada.tokens.values(), PASSWORD) if str(secret) in logged]
