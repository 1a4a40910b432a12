"""The one logger and metrics object of a process, and traces. No token, secret or record content goes into any of them.

X-Ray's library takes a fifth of a cold start to import, and most invocations are not sampled: it comes with the first
that is.
"""

import os
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

if TYPE_CHECKING:
    from aws_lambda_powertools import Tracer

logger = Logger()
metrics = Metrics()

Handler = Callable[[Any, Any], Any]


def traced(handler: Handler) -> Handler:
    """Trace those of a Lambda's invocations that X-Ray has chosen; neither events nor answers go into a trace."""

    @wraps(handler)
    def observed(event: Any, context: Any) -> Any:  # noqa: ANN401  as Lambda calls it
        chosen = "Sampled=1" in os.environ.get("_X_AMZN_TRACE_ID", "")
        call: Handler = _tracer().capture_lambda_handler(handler, capture_response=False) if chosen else handler
        return call(event, context)

    return observed


@lru_cache(maxsize=1)
def _tracer() -> "Tracer":
    from aws_lambda_powertools import Tracer

    return Tracer(auto_patch=False)
