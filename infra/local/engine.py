"""One local AWS: a MiniStack process, a sandbox process, and a directory with their state, logs and ports."""

import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import boto3

from infra.build import ROOT
from infra.local.processes import Process
from infra.local.state import mend

REGION = "us-east-1"
# MiniStack takes this key for the account's root user; functions get their own roles' keys, and IAM is enforced.
ROOT_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
# What a Lambda needs of this machine to reach a real vendor from here.
_PASSED_ON = ("PATH", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
PORT = int(os.environ.get("LISTBACKUP_PORT", "4566"))
SANDBOX_PORT = int(os.environ.get("LISTBACKUP_SANDBOX_PORT", "4580"))


@dataclass(frozen=True, slots=True)
class Engine:
    """A local AWS by its directory; its ports stay the same from one start to the next."""

    directory: Path
    port: int
    sandbox_port: int

    @classmethod
    def at(cls, directory: Path, port: int = PORT, sandbox_port: int = SANDBOX_PORT) -> "Engine":
        """Give the engine of a directory: with the ports it had before, where there was one, else with those given."""
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / "ports.json"
        with suppress(FileNotFoundError):
            before = json.loads(file.read_text())
            return cls(directory, before["engine"], before["sandbox"])
        file.write_text(json.dumps({"engine": port, "sandbox": sandbox_port}))
        return cls(directory, port, sandbox_port)

    @classmethod
    def isolated(cls, directory: Path) -> "Engine":
        """Give an engine of its own, on free ports, for a test."""
        return cls.at(directory, _free_port(), _free_port())

    @property
    def endpoint(self) -> str:
        """Name where AWS is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox(self) -> str:
        """Name where the vendors are."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    def start(self, *sandbox_options: str) -> None:
        """Start what does not run yet; what was kept at the last clean stop is there again."""
        if not self._ministack.running():
            mend(self.directory / "state")
            ready = f"{self.endpoint}/_ministack/ready"
            command = [sys.executable, "-m", "ministack"]
            self._ministack.start(command, self._settings(), self.directory, lambda: _answers(ready))
        if not self._sandbox.running():
            state = ["--state", str(self.directory / "sandbox.json"), *sandbox_options]
            command = [sys.executable, "-m", "sandbox", "--port", str(self.sandbox_port), *state]
            self._sandbox.start(command, os.environ, ROOT, lambda: _listens(self.sandbox_port))

    def stop(self) -> None:
        """Stop both, which keeps their state."""
        self._sandbox.stop()
        self._ministack.stop()

    def kill(self) -> None:
        """Stop both as a power cut would: what happened since the last start is lost."""
        self._sandbox.kill()
        self._ministack.kill()

    def running(self) -> bool:
        """Tell whether AWS runs."""
        return self._ministack.running()

    def client(self, service: str) -> Any:  # noqa: ANN401  boto3 makes a class of its own for each service
        """Make boto3's client of a service here, as the account's root user."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.endpoint, **keys)

    @property
    def _ministack(self) -> Process:
        return Process(self.directory, "engine")

    @property
    def _sandbox(self) -> Process:
        return Process(self.directory, "sandbox")

    def _settings(self) -> dict[str, str]:
        """Tell MiniStack to keep to loopback and to its directory, and to enforce IAM. Lambdas inherit all of this."""
        state, temp = self.directory / "state", self.directory / "tmp"
        for folder in (state, temp):
            folder.mkdir(exist_ok=True)
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "HOME": str(temp),
            "TMPDIR": str(temp),
            "LANG": "C.UTF-8",
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "GATEWAY_PORT": str(self.port),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "s3"),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            **ROOT_KEYS,
        }


def _answers(url: str) -> bool:
    with suppress(URLError, OSError), urlopen(url, timeout=2) as answer:  # noqa: S310  our own loopback
        return bool(answer.status == 200)
    return False


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
