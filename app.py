"""Every way in: the API's areas, the queues, the table's stream, the schedules."""

from aws_lambda_powertools.logging import correlation_paths
from chalice.app import Chalice, ConvertToMiddleware

from chalicelib.api import (
    accounts,
    auth,
    connections,
    jobs,
    oauth,
    platforms,
    records,
    sessions,
    snapshots,
    sources,
    system,
)
from chalicelib.api.answers import in_one_shape
from chalicelib.telemetry import logger, tracer

AREAS = (auth, sessions, accounts, platforms, oauth, connections, sources, jobs, snapshots, records, system)

app = Chalice("listbackup")
app.api.binary_types = []
app.register_middleware(in_one_shape, "http")
app.register_middleware(
    ConvertToMiddleware(
        logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
    )
)
app.register_middleware(ConvertToMiddleware(tracer.capture_lambda_handler(capture_response=False)))
for area in AREAS:
    app.register_blueprint(area.routes)
