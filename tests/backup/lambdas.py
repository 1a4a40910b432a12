"""Lambdas for moto's Step Functions: the real handlers, called in this process, failing as they fail on AWS."""

import importlib
import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from moto.awslambda_simple.models import LambdaSimpleBackend

MODULES = {
    "listbackup-test-authorize": "processors.authorize",
    "listbackup-test-plan": "processors.plan",
    "listbackup-test-plan-files": "processors.plan_files",
    "listbackup-test-seal": "processors.seal",
    "listbackup-test-verify": "processors.verify",
    "listbackup-test-close": "processors.close",
    "listbackup-test-processor-stripe": "processors.stripe",
    "listbackup-test-processor-hubspot": "processors.hubspot",
    "listbackup-test-processor-dropbox": "processors.dropbox",
}

SECONDS: dict[str, float] = {}
"""How long Lambdas have that have less than they could have."""


@dataclass
class Context:
    """A Lambda's context."""

    function_name: str
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:listbackup-test"
    aws_request_id: str = "request"
    seconds: float = 900

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def call(name: str, event: dict[str, Any], seconds: float = 900) -> Any:
    """Call a handler as Lambda does, JSON in and JSON out."""
    handler = importlib.import_module(MODULES[name]).handler
    return json.loads(json.dumps(handler(json.loads(json.dumps(event)), Context(name, seconds=seconds))))


def _invoke(_backend: Any, name: str, _qualifier: Any, body: Any, _headers: Any, answer: dict[str, Any]) -> bytes:
    try:
        step = name.rpartition(":")[2]
        return json.dumps(call(step, json.loads(body), SECONDS.get(step, 900))).encode()
    except Exception as failed:  # noqa: BLE001  Lambda catches everything
        answer["x-amz-function-error"] = "Unhandled"
        frames = traceback.format_tb(failed.__traceback__)
        told = {"errorMessage": str(failed), "errorType": type(failed).__name__, "stackTrace": frames}
        return json.dumps(told).encode()


@contextmanager
def lambdas() -> Iterator[None]:
    """Let moto's Lambda call the handlers."""
    with mock.patch.object(LambdaSimpleBackend, "invoke", _invoke):
        yield
