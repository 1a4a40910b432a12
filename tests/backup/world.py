"""A deployment with one connected source: AWS as moto plays it, the vendor as the sandbox plays it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import requests
from moto import mock_aws

from chalicelib.aws.executions import Executions
from chalicelib.aws.queue import Queues
from chalicelib.config import settings
from chalicelib.ids import new_id
from chalicelib.services import dispatch
from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from chalicelib.store.table import Item
from sandbox.app import Sandbox

ROOT = Path(__file__).parents[2]
MACHINE = "listbackup-test-backup"
QUEUES = ("alerts", "sync", "backup", "export", "analytics", "maintenance")
ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


def definition() -> str:
    """Give the state machine's file with its substitutions made, as the deployment makes them."""
    text = (ROOT / "statemachines" / "backup.asl.json").read_text()
    names = {"authorize": "Authorize", "plan": "Plan", "plan-files": "PlanFiles", "seal": "Seal", "verify": "Verify"}
    for name, arn in (names | {"close": "Close"}).items():
        text = text.replace(f"${{{arn}Arn}}", f"arn:aws:lambda:us-east-1:123456789012:function:listbackup-test-{name}")
    return text.replace("${ProcessorPrefix}", "listbackup-test-processor")


def deploy() -> str:
    """Make the deployment's buckets, queues, bus, key and state machine; give the machine's ARN."""
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    for bucket in (settings().data_bucket, settings().temp_bucket):
        s3.create_bucket(Bucket=bucket)
    for name in QUEUES:
        sqs.create_queue(QueueName=f"listbackup-test-{name}.fifo", Attributes={"FifoQueue": "true"})
    boto3.client("events").create_event_bus(Name=settings().event_bus)
    kms = boto3.client("kms")
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=settings().manifest_key_id, TargetKeyId=key)
    machine = boto3.client("stepfunctions").create_state_machine(
        name=MACHINE, definition=definition(), roleArn="arn:aws:iam::123456789012:role/machine"
    )
    return str(machine["stateMachineArn"])


@dataclass
class Vendor:
    """The sandbox's control API, for one vendor."""

    url: str
    name: str
    reached_at: str = ""

    def seed(self, **sizes: int) -> None:
        self.post("accounts", {"sizes": sizes})

    def token(self, **given: Any) -> dict[str, Any]:
        return dict(self.post("tokens", given))

    def create(self, collection: str, count: int = 1, **values: Any) -> list[str]:
        return list(self.post(f"{collection}/create", {"count": count, "values": values})["keys"])

    def change(self, collection: str, keys: list[str], **values: Any) -> None:
        self.post(f"{collection}/change", {"keys": keys, "values": values})

    def delete(self, collection: str, keys: list[str]) -> None:
        self.post(f"{collection}/delete", {"keys": keys})

    def records(self, collection: str) -> dict[str, bytes]:
        """Give the vendor's own records, byte for byte, by key (a child's behind its parent's)."""
        address = (self.reached_at or self.url).removeprefix("http://")
        answer = requests.get(f"{self.url}/_sandbox/{self.name}/{collection}", headers={"Host": address}, timeout=30)
        return {_key(line): _record(line) for line in answer.content.splitlines()}

    def fault(self, fault: str, **rule: Any) -> None:
        requests.post(f"{self.url}/_sandbox/faults", json={"fault": fault, "vendor": self.name, **rule}, timeout=30)

    def forget_faults(self) -> None:
        requests.delete(f"{self.url}/_sandbox/faults", timeout=30)

    def asked(self) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/_sandbox/requests", params={"vendor": self.name}, timeout=30)
        return list(answer.json()["requests"])

    def settings(self, **changes: Any) -> None:
        requests.patch(f"{self.url}/_sandbox/{self.name}", json=changes, timeout=30).raise_for_status()

    def advance(self, seconds: float) -> None:
        requests.post(f"{self.url}/_sandbox/clock", json={"advance": seconds}, timeout=30)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the vendor's clock stand still."""
        requests.post(f"{self.url}/_sandbox/clock", json={"freeze": True}, timeout=30)
        try:
            yield
        finally:
            requests.post(f"{self.url}/_sandbox/clock", json={"freeze": False}, timeout=30)

    def post(self, path: str, body: Any) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{self.name}/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None


def _key(line: bytes) -> str:
    found = json.loads(line)
    return f"{found['parent']}/{found['key']}" if found["parent"] else str(found["key"])


def _record(line: bytes) -> bytes:
    return line[line.index(b',"record":') + len(b',"record":') : -1]


@dataclass
class World:
    """One account with one connection and one source, and what its operators can do."""

    vendor: Vendor
    machine_arn: str
    account_id: str
    connection: Connection
    source_id: str
    jobs: list[Job] = field(default_factory=list)

    def request(self, mode: Any = "incremental") -> Job:
        """Ask for a backup, as the API does."""
        source, now = self.source(), datetime.now(UTC)
        job = new_job(source, queue="sync", now=now, mode=mode)
        assert begin_job(job, source, now=now), "the source is busy"
        self.jobs.append(job)
        return job

    def sync(self, mode: Any = "incremental") -> Job:
        """Back the source up to the end."""
        job = self.request(mode)
        self.start(job)
        return self.finished(job)

    def start(self, job: Job) -> None:
        now = datetime.now(UTC)
        dispatch.start(message_for(job), queues=self.queues(), executions=self.executions(), now=now)

    def finished(self, job: Job, seconds: float = 120) -> Job:
        """Wait for the job's execution to end."""
        ends = time.monotonic() + seconds
        while self.executions().status(job.job_id) not in ENDED:
            assert time.monotonic() < ends, "the execution does not end"
            time.sleep(0.02)
        found = Job.fetch(account_id=self.account_id, job_id=job.job_id)
        assert found is not None
        return found

    def source(self) -> Source:
        source = Source.fetch(account_id=self.account_id, source_id=self.source_id)
        assert source is not None
        return source

    def choose(self, *streams: str) -> None:
        """Back up only these streams."""
        source = self.source()
        source.change(now=datetime.now(UTC), settings={"streams": list(streams)})

    def end_token(self) -> None:
        """Let the connection's access token have ended."""
        secrets = boto3.client("secretsmanager")
        name = f"sources/{self.account_id}/{self.connection.connection_id}/oauth"
        kept = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
        kept["tokens"]["expires_at"] = "2020-01-01T00:00:00+00:00"
        secrets.put_secret_value(SecretId=name, SecretString=json.dumps(kept))

    def queues(self) -> Queues:
        return Queues(boto3.client("sqs"), settings().queue_prefix)

    def executions(self) -> Executions:
        return Executions(boto3.client("stepfunctions"), self.machine_arn)


def message_for(job: Job, receives: int = 1) -> dict[str, Any]:
    """Give the SQS record that asks for a job's start."""
    return {
        "body": json.dumps({"account_id": job.account_id, "job_id": job.job_id}),
        "receiptHandle": "receipt",
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }


def connected(url: str, platform: str, account_id: str, tokens: dict[str, Any], now: datetime) -> Connection:
    """Connect an account: our app's registration, the connection and its tokens."""
    secrets, vendor = boto3.client("secretsmanager"), Sandbox().vendors[platform]
    hosts = {f"https://{host}": f"{url}/{host}" for host in vendor.hosts}
    client = {
        "client_id": vendor.settings.client_id,
        "client_secret": vendor.settings.client_secret,
        "hosts": hosts,
    }
    secrets.create_secret(Name=f"app/oauth/{platform}", SecretString=json.dumps(client))
    connection = Connection.new(
        now=now,
        account_id=account_id,
        connection_id=new_id("con", now),
        user_id="usr_1",
        platform=platform,
        name=platform,
    )
    connection.create()
    kept = {
        "provider": platform,
        "tokens": {
            "access_token": tokens["access_token"],
            "refresh_token": tokens.get("refresh_token"),
            "expires_at": tokens.get("expires_at"),
        },
        "scopes": tokens["scopes"],
        "platform_data": {"stripe_user_id": tokens["account"]},
        "metadata": {"created_at": now.isoformat(), "last_refreshed": now.isoformat(), "refresh_count": 0},
    }
    name = f"sources/{account_id}/{connection.connection_id}/oauth"
    secrets.create_secret(Name=name, SecretString=json.dumps(kept))
    return connection


def new_world(url: str, platform: str = "stripe", *, reached_at: str = "", **sizes: int) -> World:
    """Deploy, seed the vendor's account, connect it (as `reached_at`, if not as itself) and add a source."""
    machine, now, vendor = deploy(), datetime.now(UTC), Vendor(url, platform, reached_at)
    vendor.forget_faults()
    vendor.seed(**sizes)
    account_id = new_id("acc", now)
    connection = connected(reached_at or url, platform, account_id, vendor.token(), now)
    source = Source.new(
        now=now,
        account_id=account_id,
        source_id=new_id("src", now),
        user_id="usr_1",
        connection_id=connection.connection_id,
        platform=platform,
        name=platform,
    )
    source.create()
    return World(vendor, machine, account_id, connection, source.source_id)


def aws_that_runs_machines() -> Any:
    """Give moto with a Step Functions that executes, and a Lambda without containers."""
    return mock_aws(config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}})


def create_table() -> None:
    Item.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
