"""A local AWS with this project deployed to it: what the demo, the end-to-end tests and a developer work with."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from infra.build import build
from infra.deploy import Deployment
from infra.local.clients import put_client_credentials
from infra.local.copy import localized
from infra.local.engine import REGION, ROOT_KEYS, Engine

STAGE = "local"
ORIGINS = "http://localhost:3000"


@dataclass(frozen=True, slots=True)
class Running:
    """A deployment on a local engine; `outputs` are those of both stacks."""

    engine: Engine
    outputs: dict[str, str] = field(repr=False)

    @property
    def api(self) -> str:
        """Name the API's base URL."""
        return api_url(self.engine, self.outputs)

    @property
    def sandbox(self) -> str:
        """Name the sandbox's base URL."""
        return self.engine.sandbox

    @property
    def machine_arn(self) -> str:
        """Name the state machine of backups."""
        return self.outputs["BackupMachineArn"]

    def environment(self) -> dict[str, str]:
        """Give the environment that the API's Lambda has, and what finds AWS: for `chalice local` and for tests."""
        configuration = self.engine.client("lambda").get_function_configuration(FunctionName=f"listbackup-{STAGE}-api")
        where = {"AWS_ENDPOINT_URL": self.engine.endpoint, "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}
        return {**configuration["Environment"]["Variables"], **where, **ROOT_KEYS}

    def mail(self, address: str) -> list[dict[str, Any]]:
        """Give the mail sent to an address, oldest first."""
        answer = requests.get(f"{self.engine.endpoint}/_ministack/ses/messages", timeout=5)
        sent = [message for messages in answer.json()["messages"].values() for message in messages]
        return [message for message in sent if address in message["To"]]

    def code_for(self, address: str) -> str:
        """Give the last code that was mailed to an address; raises LookupError where none was."""
        for message in reversed(self.mail(address)):
            digits = "".join(c if c.isdigit() else " " for c in message["BodyText"]).split()
            if digits:
                return digits[-1]
        raise LookupError(f"no code was sent to {address}")

    def logs(self, function: str) -> Iterator[str]:
        """Give what a function has logged, oldest first; `function` is what follows `listbackup-local-`."""
        pages = self.engine.client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=f"/aws/lambda/listbackup-{STAGE}-{function}"):
            yield from (event["message"].rstrip() for event in page["events"] if event["message"].strip())


def api_url(engine: Engine, outputs: Mapping[str, str]) -> str:
    """Name where MiniStack serves an API: by its path, since not every machine resolves `*.localhost`."""
    return f"{engine.endpoint}/_aws/execute-api/{outputs['RestAPIId']}/api"


def deployed(engine: Engine, built: Path | None = None, sandbox_options: Sequence[str] = ()) -> Running:
    """Start an engine and deploy to it; `built` is a build to deploy instead of a fresh one."""
    engine.start(*sandbox_options)
    built = built or build(STAGE, engine.directory / "built", with_layer=False)
    copy = localized(built, engine.directory / "deployed")
    deployment = Deployment(STAGE, copy, engine.client, lambda outputs: api_url(engine, outputs), poll_seconds=0.05)
    outputs = deployment.run({"AppOrigins": ORIGINS})
    put_client_credentials(engine)
    return Running(engine, outputs)


@contextmanager
def up(engine: Engine, built: Path | None = None, sandbox_options: Sequence[str] = ()) -> Iterator[Running]:
    """Have an engine with this project deployed for the length of a `with`."""
    try:
        yield deployed(engine, built, sandbox_options)
    finally:
        engine.stop()
