"""How a job comes to run and how it ends when nobody else can end it: outbox, queue consumer, schedule, sweeper.

Every step may be repeated: a doubled stream record, a doubled message and a crash between two lines all end in one
execution under the job's id.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.aws.executions import Executions
from chalicelib.aws.queue import Queues
from chalicelib.domain import job_status
from chalicelib.errors import FatalError, RetryableError
from chalicelib.ids import created_at
from chalicelib.services import slots
from chalicelib.services.turns import Turn
from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.connections import Connection
from chalicelib.store.endings import end_job, planned_next
from chalicelib.store.jobs import Job
from chalicelib.store.slots import take
from chalicelib.store.sources import Source
from chalicelib.telemetry import logger, metrics

PUT_OFF_SECONDS = 60
DUE_PER_PAGE = 500
RECEIVES = 2
PROMISED = {"sync": timedelta(minutes=5), "backup": timedelta(minutes=30)}
UNSENT_AFTER = timedelta(minutes=2)
UNHEARD_OF_AFTER = timedelta(minutes=15)
LOST_AFTER = timedelta(minutes=10)


def route(records: Iterable[Mapping[str, Any]], *, queues: Queues, now: datetime) -> None:
    """Send the jobs that the table's stream shows as new to their queues (`records` as DynamoDB Streams gives them)."""
    for record in records:
        image = record["dynamodb"].get("NewImage", {})
        if record["eventName"] == "INSERT" and image.get("kind", {}).get("S") == "job":
            job = Job.fetch(account_id=image["account_id"]["S"], job_id=image["job_id"]["S"])
            if job is not None and job.status == "pending":
                _send(job, queues, now)


def start_all(
    messages: Iterable[Mapping[str, Any]], *, queues: Queues, executions: Executions, now: datetime
) -> dict[str, list[dict[str, str]]]:
    """Start the jobs of a batch (each as `start` does); tell Lambda which messages the queue shall keep."""
    kept = [one for one in messages if not start(one, queues=queues, executions=executions, now=now)]
    return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in kept]}


def start(message: Mapping[str, Any], *, queues: Queues, executions: Executions, now: datetime) -> bool:
    """Start the execution of a queued job; False where the queue shall keep the message, since the job has to wait.

    `message` is one record of an SQS event, its body `_message`. A job that has ended is left alone, and so is one
    whose message was sent anew since. Over a limit the message is put off; before the queue would give it up, it is
    sent anew. A message that fits no job raises FatalError and comes back at once, to be among the dead letters soon,
    since its account's others wait behind it: nothing of it is believed but which job it is about.
    """
    try:
        job, resent = _meant(message)
    except FatalError:
        queues.put_off(message["eventSourceARN"], message["receiptHandle"], seconds=0)
        raise
    if job.status in job_status.ENDED or resent < job.resent:
        return True
    group = slots.waits_with(job) if job.status != "running" else None
    if group is not None:
        return _put_off(job, message, queues, now, group=group)
    if not take(job, now):
        return True
    executions.start(job.job_id, _input(job))
    _move(job, Job.status.set("running"), Job.started_at.set(now), before=job_status.before("running"), now=now)
    return True


def sync_due(now: datetime, *, in_time: Callable[[], bool] = lambda: True) -> list[Job]:
    """Begin a job for every source that is due, until it is no longer `in_time`.

    One that is busy, or cannot be reached, waits for its next time. One whose tenant has had its share of this turn, or
    of this hour, stays due, and is begun late: it is passed over without being read again.
    """
    turn, begun = Turn(now), list[Job]()
    for found in _due(now):
        if not in_time():
            logger.warning("the schedule's turn is over; the next one goes on with what is due")
            break
        if turn.lets(found):
            begun += _begun(found, turn, now)
    return begun


def sweep(now: datetime, *, queues: Queues, executions: Executions) -> None:
    """Send what was never sent or is not heard of, and end the jobs whose execution is gone or has ended."""
    open_jobs, overdue = list(Job.indexed("index2", open="OPEN")), 0
    busy = {job.connection_id for job in open_jobs if job.status == "running"}
    for found in open_jobs:
        job = Job.fetch(account_id=found.account_id, job_id=found.job_id)
        if job is not None and job.status not in job_status.ENDED:
            overdue += _is_overdue(job, now) and job.connection_id not in busy
            with _next_time(job):
                _mend(job, now, queues, executions)
    slots.mend(open_jobs, now)
    metrics.add_metric(name="JobsOverdue", unit="Count", value=overdue)


def close_dead(event: Mapping[str, Any], *, now: datetime) -> None:
    """End the job of an execution that has ended without ending it (an EventBridge event of Step Functions)."""
    detail = event["detail"]
    given = json.loads(detail["input"])
    job = Job.fetch(account_id=given["account_id"], job_id=detail["name"])
    if job is not None:
        _end_lost(job, f"the execution ended as {detail['status']}", now)


@contextmanager
def _next_time(job: Job) -> Iterator[None]:
    """Leave a job whose account is too busy for the next time, so that the others need not wait for it."""
    try:
        yield
    except RetryableError as busy:
        logger.warning("left for the next time", extra={"account_id": job.account_id, "cause": str(busy)})


def _send(job: Job, queues: Queues, now: datetime) -> None:
    queues.send(job.queue, _message(job, 0), group=job.account_id, deduplication=job.job_id)
    _move(job, Job.status.set("queued"), before=job_status.before("queued"), now=now)


def _send_again(job: Job, queues: Queues, now: datetime, *, group: str) -> None:
    """Send a queued job anew. Of its messages the newest alone counts: however often this is done, they are one."""
    resent = int(job.resent) + 1
    queues.send(job.queue, _message(job, resent), group=group, deduplication=f"{job.job_id}-{resent}")
    _move(job, Job.resent.set(resent), before=("queued",), now=now)


def _move(job: Job, *to: Action, before: tuple[str, ...], now: datetime) -> None:
    """Write what has become of a job, unless it is no longer as it was `before`."""
    try:
        job.update(actions=[*to, Job.version.add(1), Job.updated_at.set(now)], condition=Job.status.is_in(*before))
    except UpdateError as refused:
        if refused.cause_response_code != "ConditionalCheckFailedException":
            raise


def _meant(message: Mapping[str, Any]) -> tuple[Job, int]:
    """Find the job a message is about, and how often it had been sent anew by then; raises FatalError."""
    try:
        told = json.loads(message["body"])
        account_id, job_id, resent = told["account_id"], told["job_id"], int(told.get("resent", 0))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise FatalError("the message is none of ours; look into who sent it") from None
    job = Job.fetch(account_id=account_id, job_id=job_id)
    if job is None:
        raise FatalError("the message names no job of its account; look into who sent it")
    if job.status not in job_status.ENDED and not _is_leased(job):
        raise FatalError(f"job {job.job_id} is not the one its source is leased to; look into who wrote it")
    return job, resent


def _is_overdue(job: Job, now: datetime) -> bool:
    """Tell whether a job has waited for longer than its queue promises."""
    return job.status != "running" and now - created_at(job.job_id) > PROMISED[job.queue]


def _is_leased(job: Job) -> bool:
    """Tell whether the job's account has its source, leased to it."""
    source = Source.fetch(account_id=job.account_id, source_id=job.source_id)
    return source is not None and (source.active_job_id, source.connection_id) == (job.job_id, job.connection_id)


def _message(job: Job, resent: int) -> dict[str, Any]:
    return {"account_id": job.account_id, "job_id": job.job_id, "resent": resent}


def _input(job: Job) -> dict[str, str]:
    names = ("job_id", "account_id", "source_id", "connection_id", "platform", "snapshot_id")
    return {name: getattr(job, name) for name in names}


def _put_off(job: Job, message: Mapping[str, Any], queues: Queues, now: datetime, *, group: str) -> bool:
    """Let a job wait in a group; True where its message is done with, since another was sent in its place."""
    seen = message["attributes"]
    if seen["MessageGroupId"] != group or int(seen["ApproximateReceiveCount"]) >= RECEIVES:
        _send_again(job, queues, now, group=group)
        return True
    queues.put_off(message["eventSourceARN"], message["receiptHandle"], seconds=PUT_OFF_SECONDS)
    return False


def _may_run(source: Source) -> bool:
    connection = Connection.fetch(account_id=source.account_id, connection_id=source.connection_id)
    return source.status == "active" and connection is not None and connection.status == "active"


def _due(now: datetime) -> Iterator[Source]:
    due = Source.index2.query("DUE", Source.index2_sk <= f"{now:%Y-%m-%dT%H:%M:%SZ}~", page_size=DUE_PER_PAGE)
    return (item for item in due if isinstance(item, Source))


def _begun(found: Source, turn: Turn, now: datetime) -> list[Job]:
    """Begin the job of a source that the index shows as due, if it is and may run; give what was begun."""
    source = Source.fetch(account_id=found.account_id, source_id=found.source_id)
    if source is None or source.due != "DUE" or source.next_sync_at is None or source.next_sync_at > now:
        return []
    if source.active_job_id or not (turn.open(source) and _may_run(source)):
        _skip(source, now)
        return []
    job = new_job(source, queue="backup", now=now)
    with _next_time(job):
        if turn.affords(source):
            if begin_job(job, source, now=now):
                return [job]
            _skip(source, now)
    return []


def _skip(source: Source, now: datetime) -> None:
    planned = source.next_sync_at
    try:
        source.update(
            actions=[*planned_next(source, now), Source.version.add(1)], condition=Source.next_sync_at == planned
        )
    except UpdateError as refused:
        if refused.cause_response_code != "ConditionalCheckFailedException":
            raise


def _mend(job: Job, now: datetime, queues: Queues, executions: Executions) -> None:
    if job.status == "pending":
        if now - created_at(job.job_id) > UNSENT_AFTER:
            _send(job, queues, now)
        return
    status = executions.status(job.job_id)
    if status == "RUNNING":
        return
    if status is None and job.status == "queued":
        _remind(job, now, queues)
    elif now - (job.started_at or created_at(job.job_id)) > LOST_AFTER:
        _end_lost(job, "the execution is gone" if status is None else f"the execution ended as {status}", now)


def _remind(job: Job, now: datetime, queues: Queues) -> None:
    """Send a job anew that nothing was heard of for long: it waits for its turn, or its message is lost."""
    if now - job.updated_at < UNHEARD_OF_AFTER:
        return
    if _is_leased(job):
        _send_again(job, queues, now, group=job.account_id)
    else:
        _end_lost(job, "its source is leased to another", now)


def _end_lost(job: Job, cause: str, now: datetime) -> None:
    message = f"{cause} without closing the job; start a sync to back the source up"
    if end_job(job, "failed", now=now, error={"type": "ExecutionLost", "message": message}):
        metrics.add_metric(name="JobsLost", unit="Count", value=1)
        logger.error("a job was ended for its execution", extra={"job_id": job.job_id, "cause": cause})
