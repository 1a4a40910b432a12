"""API Gateway holds back a flood before it reaches us, and what is open to anyone more than the rest."""

from pathlib import Path
from typing import Any

import app as _app  # noqa: F401 (declares every endpoint)
from chalicelib.api.endpoint import ENDPOINTS
from infra import templates
from tests.infra.conftest import Resources

COGNITO_SIGN_INS_PER_SECOND = 120


def throttled(app: Resources) -> dict[str, dict[str, Any]]:
    settings = app["RestAPI"]["Properties"]["MethodSettings"]
    return {one["ResourcePath"].replace("~1", "/").replace("//", "/"): one for one in settings}


def test_s49_every_method_is_throttled_and_none_writes_down_what_it_is_sent(app: Resources) -> None:
    for path, one in throttled(app).items():
        assert (one["DataTraceEnabled"], one["MetricsEnabled"]) == (False, True), path
        assert 0 < one["ThrottlingRateLimit"] <= 500, path
        assert one["ThrottlingBurstLimit"] == 2 * one["ThrottlingRateLimit"], path


def test_a_path_is_throttled_with_its_method_since_api_gateway_takes_no_wildcard_there(app: Resources) -> None:
    methods = {path: one["HttpMethod"] for path, one in throttled(app).items()}

    assert methods.pop("/*") == "*"
    assert set(methods.values()) == {"POST"}


def test_the_api_has_one_stage_since_the_one_that_sam_adds_otherwise_is_not_throttled(built: Path) -> None:
    assert templates.read(built / "app.json")["Globals"]["Api"] == {"OpenApiVersion": "2.0"}


def test_s49_what_anyone_may_send_the_user_pool_is_throttled_below_its_own_limit(app: Resources) -> None:
    opened = {one.path for one in ENDPOINTS if one.on == "public" and one.method == "POST"}

    found = throttled(app)

    assert opened == found.keys() - {"/*"}
    assert all(found[path]["ThrottlingRateLimit"] < COGNITO_SIGN_INS_PER_SECOND / 2 for path in opened)
