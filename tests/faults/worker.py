"""A Lambda sandbox in a process of its own: it forks once per call, so that a call can be killed as kernels kill.

Run as `python -m tests.faults.worker`; it reads calls and writes answers, one JSON line each. An answer is {"pid"} at
the beginning of a call, then {"result"}, {"error", "message"}, or {"killed"}.
"""

import json
import os
import sys
from typing import Any


def _tell(what: dict[str, Any]) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


def _perform(name: str, event: dict[str, Any], seconds: float) -> None:
    from tests.backup.lambdas import call

    try:
        _tell({"result": call(name, event, seconds)})
    except Exception as failed:  # noqa: BLE001  Lambda catches everything
        _tell({"error": type(failed).__name__, "message": str(failed)})


def _preload() -> None:
    """Import and build what every call needs, so that a fork is all that a call costs."""
    import importlib

    from chalicelib.aws import clients
    from tests.backup.lambdas import MODULES

    for module in MODULES.values():
        importlib.import_module(module)
    for client in (clients.s3, clients.secrets_manager, clients.events):
        client()


def main() -> None:
    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  the product's log, which nobody reads here
    log, sys.stdout = sys.stdout, sys.stderr
    _preload()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _tell({"pid": os.getpid()})
            _perform(asked["name"], asked["event"], asked["seconds"])
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            _tell({"killed": os.WTERMSIG(status)})
    log.close()


if __name__ == "__main__":
    main()
