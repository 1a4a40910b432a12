"""Every way in: the API's areas, the table's stream, the queues, the clock, and executions that died."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chalice.app import (
    Chalice,
    CloudWatchEvent,
    ConvertToMiddleware,
    DynamoDBEvent,
    Rate,
    SQSEvent,
)

from chalicelib.api import (
    accounts,
    auth,
    connections,
    jobs,
    mfa,
    oauth,
    passwords,
    platforms,
    records,
    sessions,
    snapshots,
    sources,
    system,
)
from chalicelib.api.answers import in_one_shape
from chalicelib.services import dispatch, turns
from chalicelib.services.outside import outside
from chalicelib.telemetry import logger, metrics, traced

SIGNING_IN = (auth, passwords, mfa, sessions)
AREAS = (*SIGNING_IN, accounts, platforms, oauth, connections, sources, jobs, snapshots, records, system)
Kept = dict[str, list[dict[str, str]]]
STREAM: Any = {"Fn::ImportValue": {"Fn::Sub": "listbackup-core-${Stage}-StreamArn"}}


def flushed(event: Any, respond: Callable[[Any], Any]) -> Any:  # noqa: ANN401 (any Lambda's event and answer)
    """Send the metrics an event left, if it left any."""
    try:
        return respond(event)
    finally:
        if metrics.metric_set:
            metrics.flush_metrics()


app = Chalice("listbackup-api")
app.api.binary_types = []
app.register_middleware(ConvertToMiddleware(logger.inject_lambda_context(clear_state=True)))
app.register_middleware(ConvertToMiddleware(traced))
app.register_middleware(flushed)
app.register_middleware(in_one_shape, "http")
for area in AREAS:
    app.register_blueprint(area.routes)


@app.on_dynamodb_record(stream_arn=STREAM, batch_size=25)
def route(event: DynamoDBEvent) -> None:
    """Send new jobs to their queues."""
    dispatch.route(event.to_dict()["Records"], queues=outside().queues, now=datetime.now(UTC))


@app.on_sqs_message(queue="listbackup-${Stage}-sync.fifo", batch_size=1)
def start_sync(event: SQSEvent) -> Kept:
    """Start the execution of a job somebody asked for."""
    return _start(event)


@app.on_sqs_message(queue="listbackup-${Stage}-backup.fifo", batch_size=1)
def start_backup(event: SQSEvent) -> Kept:
    """Start the execution of a scheduled job."""
    return _start(event)


@app.schedule(Rate(5, unit=Rate.MINUTES))
def sync_due(_event: CloudWatchEvent) -> None:
    """Begin a job for every source whose time has come."""
    dispatch.sync_due(datetime.now(UTC), in_time=turns.lasting(turns.SECONDS))


@app.schedule(Rate(5, unit=Rate.MINUTES))
def sweep(_event: CloudWatchEvent) -> None:
    """Send what was never sent, and end what nobody runs any more."""
    dispatch.sweep(datetime.now(UTC), queues=outside().queues, executions=outside().executions)


@app.on_cw_event(
    {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"]},
    }
)
def close_dead(event: CloudWatchEvent) -> None:
    """End the job of an execution that died."""
    dispatch.close_dead(event.to_dict(), now=datetime.now(UTC))


def _start(event: SQSEvent) -> Kept:
    return dispatch.start_all(
        event.to_dict()["Records"], queues=outside().queues, executions=outside().executions, now=datetime.now(UTC)
    )
