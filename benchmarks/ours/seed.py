"""Lay down what a job finds: the deployment, a connection with tokens, a source, a job. Prints the job's ids as JSON.

`python -m benchmarks.ours.seed deployment VENDOR_URL STREAM…`, once; then `… job ACCOUNT SOURCE CONNECTION` for each.
"""

import json
import sys
from datetime import UTC, datetime

import boto3

from chalicelib.config import settings
from chalicelib.credentials.custody import Custody
from chalicelib.credentials.tokens import issued
from chalicelib.ids import new_id
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from chalicelib.store.table import Item

PLATFORM = "stripe"
HOSTS = ("https://api.stripe.com", "https://files.stripe.com", "https://connect.stripe.com")


def deployment(vendor: str, streams: list[str], now: datetime) -> dict[str, str]:
    """Make the table, the buckets, the bus and the key, and one connected source that backs up the streams."""
    Item.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    for bucket in (settings().data_bucket, settings().temp_bucket):
        boto3.client("s3").create_bucket(Bucket=bucket)
    boto3.client("events").create_event_bus(Name=settings().event_bus)
    key = boto3.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    boto3.client("kms").create_alias(AliasName=settings().manifest_key_id, TargetKeyId=key)
    app = {"client_id": "bench", "client_secret": "bench", "hosts": dict.fromkeys(HOSTS, vendor)}
    Secrets().write(f"app/oauth/{PLATFORM}", json.dumps(app))
    Secrets().write(settings().signing_key_secret, "k" * 64)
    return _source(streams, now)


def _source(streams: list[str], now: datetime) -> dict[str, str]:
    ids = {"account_id": new_id("acc", now), "connection_id": new_id("con", now)}
    user, source = new_id("usr", now), new_id("src", now)
    common = {"user_id": user, "platform": PLATFORM, "name": "bench"}
    Connection.new(now=now, **ids, **common).create()
    Source.new(now=now, **ids, **common, source_id=source, settings={"streams": streams}).create()
    tokens = issued(PLATFORM, {"access_token": "bench", "stripe_user_id": "acct_bench"}, scopes=("read_only",), now=now)
    Custody(Secrets()).store(ids["account_id"], ids["connection_id"], tokens)
    return ids | {"source_id": source}


def job(ids: dict[str, str], now: datetime) -> dict[str, str]:
    """Write a job and the lease of its source, as the API's transaction would; give the machine's input."""
    run = ids | {"job_id": new_id("job", now), "snapshot_id": new_id("snp", now), "platform": PLATFORM}
    Job.new(now=now, **run, status="queued").create()
    source = Source.fetch(account_id=ids["account_id"], source_id=ids["source_id"])
    assert source is not None
    source.update(actions=[Source.active_job_id.set(run["job_id"])])
    return run


class Secrets:
    """Secrets Manager without the deployment's key."""

    def read(self, name: str) -> str | None:
        return str(boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])

    def write(self, name: str, value: str) -> None:
        boto3.client("secretsmanager").create_secret(Name=name, SecretString=value)

    def remove(self, name: str) -> None:
        boto3.client("secretsmanager").delete_secret(SecretId=name)


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "deployment":
        print(json.dumps(deployment(rest[0], rest[1:], datetime.now(UTC))))
    else:
        print(
            json.dumps(
                job(dict(zip(("account_id", "source_id", "connection_id"), rest, strict=True)), datetime.now(UTC))
            )
        )
