"""How a step of a backup runs as a Lambda: its means, its deadline, its log, and errors the state machine knows.

A Lambda's error name is its exception's class name: what leaves here is one of `chalicelib.errors`. Its text is in the
execution's history and in the job, so AWS's own words, which name our roles, keys and account, stay in the log.
"""

import gc
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import msgspec

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.room import is_full, own_directory
from chalicelib.aws import clients
from chalicelib.aws.events import Events
from chalicelib.aws.failures import is_of_aws, is_transient, name_of
from chalicelib.aws.macs import KmsMacs
from chalicelib.aws.objects import S3Objects
from chalicelib.aws.secrets import Secrets
from chalicelib.backup.copy import copy_lane
from chalicelib.backup.lanes import read_lane
from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.run import LaneTask, Run, told
from chalicelib.config import settings
from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Connector
from chalicelib.credentials.custody import Custody
from chalicelib.errors import BackupError, FatalError, FaultError, RetryableError
from chalicelib.telemetry import logger, place_met, send_counts, traced

NO_ROOM = "the disk of this step's Lambda is full; docs/operations.md tells what fits"
ASK = "so give support the job's id, and sync again once it is mended"
COLLECT_AFTER = (50_000, 10, 10)
Event = dict[str, Any]


class LambdaContext(Protocol):
    """As much of a Lambda's context as is used here."""

    function_name: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


Handler = Callable[[Event, LambdaContext], Any]
Work = Callable[[Any, Means, Deadline], Any]


def processor(connector: Connector) -> Handler:
    """Make the handler of a platform's Lambda, which knows no connector but its own."""

    def find(_platform: str) -> Connector:
        return connector

    return _either({"ReadStream": step(_read, LaneTask, find), "CopyFiles": step(_copy, LaneTask, find)})


def step(work: Work, kind: type[Run] = Run, find: Callable[[str], Connector] = CONNECTORS.__getitem__) -> Handler:
    """Make a Lambda's handler from what it does to a run; `find` gives the connector of a platform."""

    @traced
    @logger.inject_lambda_context(clear_state=True)
    def handler(event: Event, context: LambdaContext) -> Any:  # noqa: ANN401  the JSON that the step gives
        run = told(event, kind)
        logger.append_keys(job_id=run.job_id, account_id=run.account_id, platform=run.platform)
        deadline = Deadline(time.monotonic, time.monotonic() + context.get_remaining_time_in_millis() / 1000)
        try:
            return _performed(work, run, means(find), deadline)
        finally:
            send_counts(run.platform)

    observed: Handler = handler
    return observed


def _either(works: dict[str, Handler]) -> Handler:
    """Make one handler of several: the event says which `step` it is for."""

    def handler(event: Event, context: LambdaContext) -> Any:  # noqa: ANN401  the JSON that the step gives
        if event.get("step") not in works:
            raise FatalError(f"this Lambda has no step {event.get('step')!r}; it has {sorted(works)}")
        return works[event["step"]](event, context)

    return handler


def _read(task: LaneTask, given: Means, deadline: Deadline) -> Any:  # noqa: ANN401  the JSON that the step gives
    return msgspec.to_builtins(read_lane(task, given, deadline))


def _copy(task: LaneTask, given: Means, deadline: Deadline) -> Any:  # noqa: ANN401  the JSON that the step gives
    return msgspec.to_builtins(copy_lane(task, given, deadline))


def _performed(work: Work, run: Run, given: Means, deadline: Deadline) -> Any:  # noqa: ANN401  as above
    try:
        return work(run, given, deadline)
    except BackupError as met:
        logger.warning("the step ended early", extra={"error": type(met).__name__, "reason": str(met)})
        raise
    except Exception as failed:
        if is_transient(failed):
            logger.warning("AWS did not answer as it should", extra={"error": type(failed).__name__})
            raise RetryableError(f"AWS did not answer as it should ({type(failed).__name__}); try again") from failed
        raise _fault(failed) from None


def _fault(failed: Exception) -> Exception:
    """Tell where a step failed, and give what leaves it: Lambda logs the text of that."""
    said = {"said": str(failed)} if is_of_aws(failed) else {}
    logger.error("the step failed", extra=place_met(failed) | said)
    if is_full(failed):
        return FatalError(NO_ROOM)
    if is_of_aws(failed):
        return FaultError(f"AWS refused the step something ({name_of(failed)}); its log tells what, {ASK}")
    return FaultError(f"the step met {type(failed).__name__}; its log tells where")


@lru_cache(maxsize=1)
def means(find: Callable[[str], Connector]) -> Means:
    """Make this process's means from its deployment's settings."""
    _collect_seldom()
    here = settings()
    return Means(
        data=S3Objects(clients.s3(), here.data_bucket),
        temp=S3Objects(clients.s3(), here.temp_bucket),
        macs=KmsMacs(clients.kms, here.manifest_key_id),
        cache=IndexCache(_shared() / "indexes"),
        custody=Custody(Secrets(clients.secrets_manager(), here.tokens_key_id)),
        events=Events(clients.events(), here.event_bus),
        clock=Clock(),
        connector=find,
    )


@lru_cache(maxsize=1)
def _shared() -> Path:
    """Give the directory of all processes on this machine, and let this one's temporary files go into its own.

    What a killed process has left is removed by the next: on Lambda that is the one after a time-out.
    """
    shared = Path(tempfile.gettempdir(), "listbackup")
    tempfile.tempdir = str(own_directory(shared))
    return shared


def _collect_seldom() -> None:
    """Let the cycle collector pass over what was imported, and look less often: records are no cycles.

    As it comes, it takes a tenth of the CPU of a backup.
    """
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
