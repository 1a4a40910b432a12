"""The system itself: is it there, is it well, and what does it offer."""

from collections.abc import Mapping
from typing import Literal

from chalice.app import Blueprint, Response

from chalicelib.api import answers, openapi, yaml
from chalicelib.api.caller import Person, Visitor
from chalicelib.api.endpoint import endpoint
from chalicelib.api.incoming import Incoming
from chalicelib.api.models import Query, View
from chalicelib.config import settings
from chalicelib.services import health
from chalicelib.services.outside import outside

routes = Blueprint(__name__)


class LivenessView(View):
    status: Literal["ok"] = "ok"
    stage: str


class ProbeView(View):
    works: bool
    latency_ms: float
    problem: str | None


class HealthView(View):
    """`status` is degraded as soon as one dependency does not answer."""

    status: Literal["ok", "degraded"]
    dependencies: Mapping[str, ProbeView]


class DocumentFormat(Query):
    format: Literal["json", "yaml"] = "json"


class DocumentView(View):
    """An OpenAPI 3.1 document."""


@endpoint(routes, "GET", "/status", name="status", on="public", returns=LivenessView)
def status(_caller: Visitor) -> LivenessView:
    """Tell that the API is there, without asking anything of anyone."""
    return LivenessView(stage=settings().stage)


@endpoint(routes, "GET", "/system/health", name="system.health", on="self", allow="system:view", returns=HealthView)
def health_(_caller: Person) -> HealthView:
    """Try every service the API depends on, and tell how fast it answered."""
    found = {
        name: ProbeView(works=one.works, latency_ms=one.latency_ms, problem=one.problem)
        for name, one in health.probes(outside()).items()
    }
    well = all(one.works for one in found.values())
    return HealthView(status="ok" if well else "degraded", dependencies=found)


@endpoint(
    routes,
    "GET",
    "/system/openapi",
    name="system.openapi-export",
    on="public",
    query=DocumentFormat,
    returns=DocumentView,
)
def document(_caller: Visitor, query: DocumentFormat) -> Response:
    """Give this document, as JSON or YAML."""
    incoming, written = Incoming(routes.current_request), openapi.document()
    if query.format == "yaml":
        return answers.answer(incoming, 200, yaml.dump(written), {"Content-Type": "application/yaml"})
    return answers.answer(incoming, 200, openapi.as_json(written))
