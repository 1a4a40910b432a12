"""The local engine from the command line: up, down, environment, logs."""

import argparse
import shlex
import sys
import time
from pathlib import Path

from botocore.exceptions import ClientError

from infra.build import ROOT
from infra.local.engine import Engine
from infra.local.processes import StartError
from infra.local.running import Running, deployed
from infra.stacks import Stack, StackError

DIRECTORY = ROOT / ".local"

GREETING = """\
ListBackup runs on this machine ({seconds:.1f} s).

  API              {api}
  Sandbox          {sandbox}   (plays the vendors)
  AWS              {endpoint}   (any AWS tool, with --endpoint-url; key and secret `test`, region us-east-1)
  Step Functions   aws stepfunctions list-executions --endpoint-url {endpoint} --state-machine-arn {machine}

Log in: register, read the mail with the code, confirm, log in.
  post() {{ curl -sX POST {api}/$1 -H 'Content-Type: application/json' -d "$2"; echo; }}
  post auth/register '{{"email": "ada@example.com", "password": "Correct-horse-9", "name": "Ada"}}'
  curl -s {endpoint}/_ministack/ses/messages
  post auth/confirm '{{"email": "ada@example.com", "code": "123456"}}'
  post auth/login '{{"email": "ada@example.com", "password": "Correct-horse-9"}}'

Logs: `make logs FUNCTION=route` for a Lambda's, {log} for the engine's and the sandbox's.
`make down` stops everything and keeps the data."""


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "environment", "logs"])
    parser.add_argument("function", nargs="?", default="api", help="whose logs: what follows listbackup-local-")
    parser.add_argument("--directory", type=Path, default=DIRECTORY)
    given = parser.parse_args()
    engine = Engine.at(given.directory)
    try:
        {"up": _up, "down": _down, "environment": _environment, "logs": _logs}[given.command](engine, given.function)
    except (StackError, StartError) as failed:
        sys.exit(str(failed))
    except ClientError as refused:
        sys.exit(f"{refused}; is there such a function (`make logs FUNCTION=…`), and was `make up` run?")


def _up(engine: Engine, _: str) -> None:
    started = time.monotonic()
    running = deployed(engine)
    print(
        GREETING.format(
            seconds=time.monotonic() - started,
            api=running.api,
            sandbox=running.sandbox,
            endpoint=engine.endpoint,
            machine=running.machine_arn,
            log=engine.directory / "log",
        )
    )


def _down(engine: Engine, _: str) -> None:
    engine.stop()


def _environment(engine: Engine, _: str) -> None:
    for name, value in sorted(_there(engine).environment().items()):
        print(f"export {name}={shlex.quote(value)}")


def _logs(engine: Engine, function: str) -> None:
    for line in _there(engine).logs(function):
        print(line)


def _there(engine: Engine) -> Running:
    """Find what `up` has deployed."""
    if not engine.running():
        sys.exit("the local engine does not run; `make up` starts it")
    stacks = [Stack(engine.client("cloudformation"), f"listbackup-{which}-local") for which in ("core", "app")]
    return Running(engine, stacks[0].outputs() | stacks[1].outputs())


if __name__ == "__main__":
    main()
