"""A platform that is made up, backed up by the real steps: its vendor answers as it is told, on this machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Connector, Stream
from chalicelib.connectors.registry import registered
from chalicelib.store.jobs import Job
from processors.runtime import processor
from tests.backup.lambdas import Context, call
from tests.backup.world import World
from tests.connectors.acme import ACME
from tests.connectors.vendor import Vendor

NAMES = ("job_id", "account_id", "source_id", "connection_id", "platform", "snapshot_id")


@dataclass
class Invented:
    """The platform in the place of Stripe, since a world has that one's connection and Lambdas."""

    world: World
    connector: Connector
    vendor: Vendor

    def sync(self, mode: str = "incremental") -> Job:
        """Back up, step by step as the state machine does; only the processor is of the made-up connector."""
        job = self.world.request(mode)
        event: dict[str, Any] = {name: getattr(job, name) for name in NAMES}
        for step in ("authorize", "plan"):
            call(f"listbackup-test-{step}", event)
        answer = processor(self.connector)(event | {"step": "ReadStream", "level": 0, "lane": 0}, Context("processor"))
        assert answer["done"]
        for step in ("plan-files", "seal", "verify", "close"):
            call(f"listbackup-test-{step}", event)
        found = Job.fetch(account_id=job.account_id, job_id=job.job_id)
        assert found is not None
        return found


@contextmanager
def invented(world: World, *streams: Stream, **facts: Any) -> Iterator[Invented]:
    """Let a made-up platform of these streams stand where the world's Stripe stood."""
    connector = replace(ACME, name="stripe", streams=streams, **facts)
    vendor = Vendor()
    hosts = {connector.host: vendor.url}
    secret = json.dumps({"client_id": "our-id", "client_secret": "our-secret", "hosts": hosts})
    boto3.client("secretsmanager").put_secret_value(SecretId="app/oauth/stripe", SecretString=secret)
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(CONNECTORS, "stripe", registered(connector)["stripe"])
        yield Invented(world, connector, vendor)
    vendor.close()
