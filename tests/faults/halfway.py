"""Jobs half done, as each version of this program left them: what a deployment in a run's middle has to go on from.

`python -m tests.faults.halfway` writes those of this version; do so once after `chalicelib.backup.versions.VERSION` was
raised, and never again.
"""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from chalicelib.backup.versions import VERSION
from chalicelib.ids import new_id
from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.sources import Source
from processors import runtime
from tests.backup.lambdas import call, lambdas
from tests.backup.world import aws_that_runs_machines, connected, create_table, deploy
from tests.faults.recorded import recorded

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("job_id", "account_id", "source_id", "connection_id", "platform", "snapshot_id")
PROCESSOR = "listbackup-test-processor-stripe"
ONE_PAGE, ONE_FILE = 20, 100
"""Seconds that a worker has: with fewer than it needs for another page or file, it leaves off after the first."""

BUCKETS = ("data", "temp")
TOKENS = {"access_token": "t", "scopes": [], "account": "acct_1"}

Event = dict[str, Any]


def begin(url: str) -> Event:
    """Begin a job of a source with payment links and files, whose vendor is at `url`; give its steps' event."""
    now = datetime.now(UTC)
    account = new_id("acc", now)
    connection = connected(url, "stripe", account, TOKENS, now)
    source = Source.new(
        now=now,
        account_id=account,
        source_id=new_id("src", now),
        user_id="usr_1",
        connection_id=connection.connection_id,
        platform="stripe",
        name="stripe",
        settings={"streams": ["payment_links", "files"]},
    )
    source.create()
    job = new_job(source, queue="sync", now=now)
    assert begin_job(job, source, now=now)
    event = {name: getattr(job, name) for name in NAMES}
    call("listbackup-test-authorize", event)
    return event


def until_read_in_part(event: Event) -> None:
    """Plan, then read the first of three pages of links, and the files."""
    lane = call("listbackup-test-plan", event)["lanes"][0]
    for _ in range(2):
        assert not call(PROCESSOR, event | lane | {"step": "ReadStream"}, seconds=ONE_PAGE)["done"]


def until_copied_in_part(event: Event) -> None:
    """Read everything, then copy the first of three files."""
    for lane in call("listbackup-test-plan", event)["lanes"]:
        assert call(PROCESSOR, event | lane | {"step": "ReadStream"})["done"]
    lane = call("listbackup-test-plan-files", event)["lanes"][0]
    assert not call(PROCESSOR, event | lane | {"step": "CopyFiles"}, seconds=ONE_FILE)["done"]


STAGES = {"reading": until_read_in_part, "copying": until_copied_in_part}


def kept(event: Event) -> dict[str, Any]:
    """Give all that is stored."""
    items = boto3.client("dynamodb").scan(TableName="listbackup-test")["Items"]
    return {"event": event, "items": items} | {kind: objects(bucket_of(kind)) for kind in BUCKETS}


def bucket_of(kind: str) -> str:
    return f"listbackup-{kind}-test"


def objects(bucket: str) -> dict[str, str]:
    s3 = boto3.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: b64encode(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).decode() for key in keys}


def put_back(version: str, stage: str, url: str) -> Event:
    """Store what a version had kept at a stage, its vendor now being at `url`; give the steps' event."""
    found: dict[str, Any] = json.loads((GOLDEN / version / f"{stage}.json").read_text())
    s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
    connect(url, found["event"])
    for kind in BUCKETS:
        for key, body in found[kind].items():
            s3.put_object(Bucket=bucket_of(kind), Key=key, Body=b64decode(body), ChecksumAlgorithm="SHA256")
    for item in found["items"]:
        dynamodb.put_item(TableName="listbackup-test", Item=item)
    return dict(found["event"])


def connect(url: str, event: Event) -> None:
    """Keep a token for the event's connection."""
    secrets, account = boto3.client("secretsmanager"), event["account_id"]
    other = connected(url, "stripe", account, TOKENS, datetime.now(UTC))
    kept_token = secrets.get_secret_value(SecretId=f"sources/{account}/{other.connection_id}/oauth")["SecretString"]
    secrets.create_secret(Name=f"sources/{account}/{event['connection_id']}/oauth", SecretString=kept_token)


def write(version: str) -> None:
    """Write what this version keeps at each stage."""
    for stage, reach in STAGES.items():
        with aws_that_runs_machines(), lambdas(), recorded() as vendor:
            create_table()
            deploy()
            runtime.means.cache_clear()
            event = begin(vendor.url)
            reach(event)
            (GOLDEN / version).mkdir(parents=True, exist_ok=True)
            (GOLDEN / version / f"{stage}.json").write_text(json.dumps(kept(event), indent=1) + "\n")


if __name__ == "__main__":
    write(str(VERSION))
