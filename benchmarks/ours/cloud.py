"""A local AWS for the measured process to talk to: MiniStack on the provider's core, so that it is not measured."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running local AWS."""

    endpoint: str

    def environment(self, endpoint: str | None = None) -> dict[str, str]:
        """Give what a Lambda of the deployment would find in its environment; `endpoint` may name a proxy."""
        return {
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "000000000000",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_XRAY_SDK_ENABLED": "false",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "POWERTOOLS_SERVICE_NAME": "bench",
            "POWERTOOLS_METRICS_NAMESPACE": "bench",
            "POWERTOOLS_LOG_LEVEL": "WARNING",
            "STAGE": "bench",
            "TABLE": "listbackup-bench",
            "DATA_BUCKET": "listbackup-data-bench",
            "BACKUP_BUCKET": "listbackup-backup-bench",
            "TEMP_BUCKET": "listbackup-temp-bench",
            "USER_POOL_ID": "us-east-1_bench",
            "USER_POOL_CLIENT_ID": "bench",
            "EVENT_BUS": "listbackup-bench",
            "QUEUE_PREFIX": "listbackup-bench",
            "SIGNING_KEY_SECRET": "app/signing-key",
            "TOKENS_KEY_ID": "alias/aws/secretsmanager",
            "MANIFEST_KEY_ID": "alias/listbackup-bench-manifests",
            "OAUTH_REDIRECT_BASE": "http://127.0.0.1",
        }


@contextmanager
def cloud(scratch: Path) -> Iterator[Cloud]:
    """Run a local AWS, empty, while the block lasts."""
    port = _free_port()
    command = [sys.executable, "-m", "ministack"]
    environment = {**os.environ, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR",
                   "STATE_DIR": str(scratch)}  # fmt: skip
    with (scratch / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True, cwd=scratch,
        )  # fmt: skip
        try:
            os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
            found = Cloud(f"http://127.0.0.1:{port}")
            _wait_for(found, process)
            yield found
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(found: Cloud, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{found.endpoint}/_ministack/health", timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError("MiniStack did not start; see ministack.log in the benchmark's scratch directory")
