"""Deploys what `infra.build` has built: the core stack, then the app stack.

The app's template and code go to the core stack's artifacts bucket, each under the hash of its bytes, so that a
deployment changes just what has changed and a roll-back finds what it returns to.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import NoCredentialsError, NoRegionError

from infra import templates
from infra.stacks import Source, Stack, StackError
from infra.templates import Template

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


@dataclass(frozen=True, slots=True)
class Deployment:
    """One stage's deployment from a folder of build outputs.

    `client` makes boto3's client of a service; `api_url` reads the app's URL from its outputs.
    """

    stage: str
    built: Path
    client: Callable[[str], Any] = boto3.client
    api_url: Callable[[Mapping[str, str]], str] = lambda outputs: outputs["EndpointURL"].rstrip("/")
    poll_seconds: float = 5.0

    @property
    def core(self) -> Stack:
        """Name the stack of what must survive."""
        return self._stack("core")

    @property
    def app(self) -> Stack:
        """Name the stack of what runs."""
        return self._stack("app")

    def run(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Deploy both stacks; gives the outputs of both.

        Without a domain of one's own the API's URL is known only once there is an API: then the app is told it in a
        second round.
        """
        cores, apps = self._dealt(parameters)
        self.core.deploy({"TemplateBody": self._template("core")}, cores)
        source = self._uploaded()
        self.app.deploy(source, apps)
        if not parameters.get("CertificateArn"):
            self.app.deploy(source, {**apps, "ApiUrl": self.api_url(self.app.outputs())})
        return self.core.outputs() | self.app.outputs()

    def preview(self, parameters: Mapping[str, str]) -> list[str]:
        """Tell what `run` would change, and change nothing but the artifacts bucket."""
        cores, apps = self._dealt(parameters)
        lines = [f"{self.core.name}:"]
        lines += self.core.preview({"TemplateBody": self._template("core")}, cores)
        if not self.core.exists():
            return [*lines, f"{self.app.name}: follows once {self.core.name} exists"]
        lines += [f"{self.app.name}:"]
        return [*lines, *self.app.preview(self._uploaded(), apps)]

    def _dealt(self, parameters: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Give each stack its parameters; what the core stack does not know is the app's to take or to refuse."""
        known = json.loads(self._template("core"))["Parameters"]
        cores = {name: value for name, value in parameters.items() if name in known}
        apps = {name: value for name, value in parameters.items() if name not in known}
        return {"Stage": self.stage, **cores}, {"Stage": self.stage, **apps}

    def _stack(self, which: str) -> Stack:
        return Stack(self.client("cloudformation"), f"listbackup-{which}-{self.stage}", self.poll_seconds)

    def _template(self, which: str) -> str:
        return (self.built / f"{which}.json").read_text()

    def _uploaded(self) -> Source:
        artifacts = Artifacts(self.client("s3"), f"listbackup-artifacts-{self.stage}")
        template = artifacts.with_code(json.loads(self._template("app")), self.built)
        key = artifacts.put("app.json", templates.written(template).encode())
        return {"TemplateURL": f"{artifacts.client.meta.endpoint_url}/{artifacts.bucket}/{key}"}


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The bucket that CloudFormation takes templates and code from."""

    client: "S3Client"
    bucket: str

    def put(self, name: str, data: bytes) -> str:
        """Store bytes under their hash; gives the key."""
        key = f"{sha256(data).hexdigest()}/{name}"
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data)
        return key

    def with_code(self, template: Template, built: Path) -> Template:
        """Store the code a template refers to, and refer to where it is stored."""
        stored: dict[str, str] = {}
        for resource in template["Resources"].values():
            place = CODE.get(resource.get("Type", "")) if isinstance(resource, dict) else None
            if place:
                file = resource["Properties"][place].removeprefix("./")
                stored[file] = stored.get(file) or self.put(file, (built / file).read_bytes())
                resource["Properties"][place] = {"Bucket": self.bucket, "Key": stored[file]}
        return template


def main() -> None:
    """Deploy, or show what a deployment would change."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("--stage", required=True, choices=["main", "staging", "production"])
    parser.add_argument("--built", type=Path, default=Path("build"))
    parser.add_argument("--dry-run", action="store_true", help="show the changes, make none")
    parser.add_argument(
        "parameters", nargs="*", metavar="Key=Value", help="parameters of infra/core.yaml and infra/app.yaml"
    )
    given = parser.parse_args()
    parameters = dict(pair.split("=", 1) for pair in given.parameters)
    try:
        deployment = Deployment(given.stage, given.built)
        lines = deployment.preview(parameters) if given.dry_run else _told(deployment.run(parameters))
    except StackError as failed:
        sys.exit(str(failed))
    except (NoRegionError, NoCredentialsError) as unset:
        sys.exit(f"{unset} Set AWS_DEFAULT_REGION and AWS_PROFILE (or a key) of the account to deploy to.")
    print("\n".join(lines))


def _told(outputs: Mapping[str, str]) -> list[str]:
    return [f"{key:<24} {value}" for key, value in sorted(outputs.items())]


if __name__ == "__main__":
    main()
