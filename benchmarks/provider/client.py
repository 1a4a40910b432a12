"""Start, ask and stop provider processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from benchmarks.provider.config import Knobs
from benchmarks.provider.vendor import Entry


@dataclass(frozen=True, slots=True)
class Provider:
    """A running provider."""

    knobs: Knobs
    port: int

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    def journal(self) -> list[Entry]:
        """Give every request since it started or since `forget`."""
        return [Entry(**line) for line in self._ask("GET", "/_/journal")]

    def forget(self) -> None:
        """Empty the journal, and let faults strike anew."""
        self._ask("POST", "/_/journal")

    def change(self, every: int) -> int:
        """Change one in `every` records; gives how many changed."""
        return int(self._ask("POST", f"/_/changes?every={every}"))

    def _ask(self, method: str, path: str) -> Any:  # noqa: ANN401 (JSON)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path)
            return json.load(connection.getresponse())
        finally:
            connection.close()


@contextmanager
def provider(knobs: Knobs) -> Iterator[Provider]:
    """Run a provider process while the block lasts."""
    command = [sys.executable, "-m", "benchmarks.provider", knobs.encode()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Provider(knobs, int(process.stdout.readline()))
        finally:
            process.kill()
