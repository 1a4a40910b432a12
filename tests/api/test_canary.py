"""What is secret, put into one whole run, from sign-up to snapshot: found only where it belongs."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
import zstandard
from moto import mock_aws
from moto.core.config import DefaultConfig

import app
from chalicelib.aws import clients
from chalicelib.config import settings
from chalicelib.services import dispatch
from chalicelib.services.outside import outside
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.table import Item
from chalicelib.telemetry import logger
from processors import runtime
from sandbox.app import Sandbox
from tests.api.conftest import PASSWORD, Someone, connected, new_pool, register_with, signed_up
from tests.api.gateway import Answer, Gateway
from tests.backup.lambdas import lambdas
from tests.backup.world import Vendor, World, deploy

CONTENT = "canary-of-a-record@example.com"


@dataclass
class Run:
    """A deployment in which Ada has backed up her Stripe account, and everything it left behind."""

    ada: Someone
    vendor: Sandbox
    machine_arn: str
    log: io.StringIO
    answers: list[Answer] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def secrets(self) -> set[str]:
        """Everything that must not be found anywhere but in its place."""
        stripe = self.vendor.vendors["stripe"]
        ours = {PASSWORD, stripe.settings.client_secret, "k" * 64, *map(str, self.ada.tokens.values())}
        kept = json.dumps([one["SecretString"] for one in secrets_of("sources/")])
        given = {token for token in (*stripe.grants.tokens, *stripe.grants.refreshers) if token in kept}
        assert given, "the run has used no token of the vendor's"
        return (ours | given) - {"Bearer", "3600"}


@pytest.fixture(scope="module")
def run(sandbox: Sandbox) -> Iterator[Run]:
    config: DefaultConfig = {"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}
    with mock_aws(config=config), lambdas():
        Item.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        runtime.means.cache_clear()
        machine = deploy()
        with new_pool(), logged() as log:
            register_with(sandbox)
            ada = signed_up(Gateway(app.app), "ada@example.com")
            made = Run(ada, sandbox, machine, log)
            backed_up(made)
            refused(made)
            yield made


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What is logged by anything at all, as CloudWatch gets it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    for one in (logger, logging.getLogger()):
        one.addHandler(handler)
    yield written
    for one in (logger, logging.getLogger()):
        one.handlers.remove(handler)


def backed_up(run: Run) -> None:
    """Connect, back up what the canary is in, through stream, queue and machine."""
    vendor = Vendor(run.vendor.url, "stripe")
    vendor.seed(customers=2)
    vendor.change("customers", list(vendor.records("customers")), email=CONTENT)
    settings_ = {"streams": ["customers"], "intervalMinutes": None}
    body = {"connectionId": connected(run.ada), "name": "All", "settings": settings_}
    source = run.ada.http.post("/sources", body).json
    job = Job.fetch(account_id=run.ada.account_id, job_id=source["activeJobId"])
    assert job is not None
    inserted = {"eventName": "INSERT", "dynamodb": {"NewImage": job.serialize()}}
    dispatch.route([inserted], queues=outside().queues, now=job.created_at)
    url = clients.sqs().get_queue_url(QueueName="listbackup-test-sync.fifo")["QueueUrl"]
    (message,) = clients.sqs().receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    run.messages.append(message["Body"])
    record = {"body": message["Body"], "receiptHandle": "r", "attributes": message["Attributes"]}
    dispatch.start(record, queues=outside().queues, executions=outside().executions, now=job.created_at)
    (connection,) = Connection.within(account_id=run.ada.account_id, connection_id=source["connectionId"])
    ended = World(vendor, run.machine_arn, run.ada.account_id, connection, source["sourceId"]).finished(job)
    assert ended.status == "completed", ended.error
    path = f"/sources/{source['sourceId']}/snapshots/{job.snapshot_id}"
    assert CONTENT in run.ada.http.get(f"{path}/streams/customers/records").text
    run.answers += [run.ada.http.get(one) for one in ("/connections", "/sources", "/jobs", f"/jobs/{job.job_id}", path)]


def refused(run: Run) -> None:
    """Do what goes wrong, with the secrets in it."""
    http, tokens = run.ada.http, run.ada.tokens
    key = list(run.vendor.vendors["stripe"].grants.tokens)[-1]
    login = {"email": run.ada.email, "password": f"{PASSWORD}x"}
    run.answers += [
        http.but(authorization=f"Bearer {tokens['accessToken']}x").get("/sources"),
        http.but(authorization=f"Basic {tokens['accessToken']}").get("/sources"),
        http.get(f"/sources?access_token={tokens['accessToken']}"),
        http.post("/auth/login", login),
        http.post("/auth/login", {**login, "password": [PASSWORD]}),
        http.post("/auth/refresh", {"refreshToken": tokens["refreshToken"] + "x"}),
        http.post("/connections", {"platform": "stripe", "apiKey": f"{key}x"}),
        http.post("/connections", {"platform": key, "apiKey": key}),
        http.post("/connections", {"platform": "stripe", "clientId": "theirs", "clientSecret": key}),
        http.get(f"/integrations/oauth/callback/stripe?state={key}&code={key}"),
    ]
    assert {answer.status for answer in run.answers[-10:]} <= {400, 401, 404, 409, 422}


def secrets_of(prefix: str) -> list[dict[str, Any]]:
    client = clients.secrets_manager()
    named = [one["Name"] for one in client.list_secrets()["SecretList"] if one["Name"].startswith(prefix)]
    return [dict(client.get_secret_value(SecretId=name)) for name in named]


def told_by_the_machine(run: Run) -> str:
    states, told = boto3.client("stepfunctions"), []
    for one in states.list_executions(stateMachineArn=run.machine_arn)["executions"]:
        told.append(states.describe_execution(executionArn=one["executionArn"]))
        told.append(states.get_execution_history(executionArn=one["executionArn"], includeExecutionData=True))
    assert told
    return json.dumps(told, default=str)


def items() -> str:
    found = boto3.client("dynamodb").scan(TableName=settings().table)["Items"]
    return json.dumps(found, default=str)


def objects(bucket: str) -> str:
    s3, texts = clients.s3(), []
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        texts.append(entry["Key"] + (unpacked(body) if entry["Key"].endswith(".zst") else body).decode("latin-1"))
    return "\n".join(texts)


def unpacked(body: bytes) -> bytes:
    return bytes(zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True).read())


def found(secrets: set[str], text: str) -> set[str]:
    return {secret for secret in secrets if secret in text}


def test_s43_no_secret_and_no_record_is_in_any_log(run: Run) -> None:
    assert "refused" in run.log.getvalue()
    assert found(run.secrets() | {CONTENT}, run.log.getvalue()) == set()


def test_s43_no_secret_and_no_record_goes_through_a_queue_or_the_machine(run: Run) -> None:
    told = told_by_the_machine(run)

    assert run.ada.account_id in told
    assert found(run.secrets() | {CONTENT}, told + "".join(run.messages)) == set()


def test_s43_no_secret_and_no_record_is_in_the_table(run: Run) -> None:
    kept = items()

    assert "acct_1SandboxListBackup" in kept
    assert found(run.secrets() | {CONTENT}, kept) == set()


def test_s43_no_secret_is_in_the_archive_and_records_are_nowhere_else(run: Run) -> None:
    archive, workspace = objects(settings().data_bucket), objects(settings().temp_bucket)

    assert CONTENT in archive
    assert found(run.secrets(), archive + workspace) == set()
    assert CONTENT not in workspace


def test_s43_no_secret_is_in_an_answer(run: Run) -> None:
    assert found(run.secrets(), "".join(f"{one.text}{one.headers}" for one in run.answers)) == set()


def test_s43_a_secret_is_kept_under_its_own_name_alone(run: Run) -> None:
    tokens = json.dumps([one["SecretString"] for one in secrets_of("sources/")])

    assert [one["Name"].split("/")[1] for one in secrets_of("sources/")] == [run.ada.account_id]
    assert found({PASSWORD, run.vendor.vendors["stripe"].settings.client_secret, "k" * 64}, tokens) == set()
