"""The local engine: the templates that go to AWS, deployed, changed, kept and left alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.deploy import Deployment
from infra.local.engine import Engine
from infra.local.running import STAGE, Running, api_url, deployed
from infra.stacks import StackError

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

PERSON = {"email": "ada@example.com", "password": "Correct-horse-7-battery", "name": "Ada Lovelace"}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A deployment on an engine of its own."""
    engine = Engine.isolated(tmp_path_factory.mktemp("engine"))
    try:
        yield deployed(engine)
    finally:
        engine.stop()


@pytest.fixture(scope="module")
def deployment(aws: Running) -> Deployment:
    """What was deployed, to be deployed again."""
    copy = aws.engine.directory / "deployed"
    return Deployment(STAGE, copy, aws.engine.client, lambda outputs: api_url(aws.engine, outputs), poll_seconds=0.05)


def test_a_preview_shows_the_changes_and_makes_none(aws: Running, tmp_path: Path) -> None:
    elsewhere = Deployment("preview", aws.engine.directory / "deployed", aws.engine.client, poll_seconds=0.05)

    lines = elsewhere.preview({})

    assert any("AWS::DynamoDB::Table" in line for line in lines)
    assert not elsewhere.core.exists()
    with pytest.raises(StackError, match="there is no stack"):
        elsewhere.core.outputs()


def test_what_is_deployed_already_is_left_alone(deployment: Deployment) -> None:
    assert deployment.preview({}) == ["listbackup-core-local:", "listbackup-app-local:"]


def test_a_function_may_not_do_what_its_role_does_not_allow(aws: Running) -> None:
    role = aws.engine.client("lambda").get_function_configuration(FunctionName="listbackup-local-verify")["Role"]
    decide = aws.engine.client("iam").simulate_principal_policy

    asked = {"ActionNames": ["s3:PutObject"], "ResourceArns": ["arn:aws:s3:::listbackup-data-local/accounts/a"]}
    answers = decide(PolicySourceArn=role, **asked)

    assert {answer["EvalDecision"] for answer in answers["EvaluationResults"]} == {"implicitDeny"}


@pytest.mark.parametrize(
    ("path", "status", "code"), [("/auth/profile", 401, "unauthenticated"), ("/nowhere", 404, "not_found")]
)
def test_api_gateways_own_refusals_look_like_ours(aws: Running, path: str, status: int, code: str) -> None:
    refused = requests.get(aws.api + path, timeout=10)

    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert refused.headers["Cache-Control"] == "no-store"


def test_what_was_kept_is_there_after_a_stop_and_a_start(aws: Running) -> None:
    requests.post(f"{aws.api}/auth/register", json=PERSON, timeout=20)
    code = {"email": PERSON["email"], "code": aws.code_for(PERSON["email"])}
    assert requests.post(f"{aws.api}/auth/confirm", json=code, timeout=20).ok

    aws.engine.stop()
    again = deployed(aws.engine)

    login = {name: PERSON[name] for name in ("email", "password")}
    assert again.api == aws.api
    assert requests.post(f"{again.api}/auth/login", json=login, timeout=20).ok
