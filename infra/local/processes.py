"""Long-running processes that outlive the command that started them, each known by a file with its id."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


class StartError(Exception):
    """A process did not come up; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process of an engine's directory; its log is `log/{name}.log` there."""

    directory: Path
    name: str

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], cwd: Path, ready: Callable[[], bool]
    ) -> None:
        """Start it and wait until it is ready; raises StartError where it dies or takes a minute."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                command, env=dict(environment), cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        _CHILDREN[process.pid] = process
        self._pid_file.write_text(str(process.pid))
        until = time.monotonic() + 60
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise StartError(f"{self.name} did not start; the end of {self._log}:\n{self._tail()}")
            time.sleep(0.05)

    def running(self) -> bool:
        """Tell whether it runs."""
        pid = self._pid()
        return pid is not None and _alive(pid)

    def stop(self, seconds: float = 60) -> None:
        """Ask it to end and wait; what does not end in time is killed."""
        pid = self._pid()
        if pid is not None:
            _end(pid, signal.SIGTERM, seconds) or _end(pid, signal.SIGKILL, 5)
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it as a power cut would."""
        pid = self._pid()
        if pid is not None:
            _end(pid, signal.SIGKILL, 5)
        self._pid_file.unlink(missing_ok=True)

    @property
    def _pid_file(self) -> Path:
        return self.directory / f"{self.name}.pid"

    @property
    def _log(self) -> Path:
        return self.directory / "log" / f"{self.name}.log"

    def _pid(self) -> int | None:
        with suppress(FileNotFoundError, ValueError):
            return int(self._pid_file.read_text())
        return None

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])


def _end(pid: int, number: signal.Signals, seconds: float) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    until = time.monotonic() + seconds
    while _alive(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _alive(pid: int) -> bool:
    """Tell whether a process lives; a child of this one stays a zombie, which looks alive, until it is asked."""
    if pid in _CHILDREN:
        if _CHILDREN[pid].poll() is None:
            return True
        del _CHILDREN[pid]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
