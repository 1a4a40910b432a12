"""The one logger and metrics object of a process, and traces. No token, secret or record content goes into any of them.

X-Ray's library takes a fifth of a cold start to import, and most invocations are not sampled: it comes with the first
that is.
"""

import os
from collections import Counter
from collections.abc import Callable
from functools import lru_cache, wraps
from threading import Lock
from traceback import format_tb
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

if TYPE_CHECKING:
    from aws_lambda_powertools import Tracer

logger = Logger()
metrics = Metrics()

Handler = Callable[[Any, Any], Any]

_counts: Counter[str] = Counter()
_counting = Lock()


def place_met(error: Exception) -> dict[str, Any]:
    """Tell an error's kind and where it was met, for the log; its text might be a record's contents."""
    return {"error": type(error).__name__, "frames": format_tb(error.__traceback__)}


def count(name: str, value: int = 1) -> None:
    """Add to a sum that this invocation reports, from whatever thread; one whose name begins with `Bytes` is bytes."""
    with _counting:
        _counts[name] += value


def send_counts(platform: str) -> None:
    """Write the invocation's sums to its log as metrics: each once over all platforms and once for this one.

    Platforms are few and accounts are many: no other dimension is ever added.
    """
    with _counting:
        sums = dict(_counts)
        _counts.clear()
    if not sums:
        return
    metrics.add_dimensions(platform=platform)
    for name, value in sums.items():
        metrics.add_metric(name=name, unit="Bytes" if name.startswith("Bytes") else "Count", value=value)
    metrics.flush_metrics()
    metrics.clear_metrics()


def traced(handler: Handler) -> Handler:
    """Trace those of a Lambda's invocations that X-Ray has chosen; neither events nor answers go into a trace."""

    @wraps(handler)
    def observed(event: Any, context: Any) -> Any:  # noqa: ANN401  as Lambda calls it
        chosen = "Sampled=1" in os.environ.get("_X_AMZN_TRACE_ID", "")
        call: Handler = (
            _tracer().capture_lambda_handler(handler, capture_response=False, capture_error=False)
            if chosen
            else handler
        )
        return call(event, context)

    return observed


@lru_cache(maxsize=1)
def _tracer() -> "Tracer":
    from aws_lambda_powertools import Tracer

    return Tracer(auto_patch=False)
