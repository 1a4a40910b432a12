"""Tries whether a service answers, and how fast."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException
from requests import RequestException


@dataclass(frozen=True, slots=True)
class Probe:
    """What a try came to; `problem` is the kind of failure, never its text, which may tell too much."""

    works: bool
    latency_ms: float
    problem: str | None


def probe(ask: Callable[[], object]) -> Probe:
    """Ask a service for something small."""
    began = monotonic()
    try:
        ask()
    except (BotoCoreError, ClientError, PynamoDBException, RequestException) as failed:
        return Probe(works=False, latency_ms=_since(began), problem=type(failed).__name__)
    return Probe(works=True, latency_ms=_since(began), problem=None)


def _since(began: float) -> float:
    return round((monotonic() - began) * 1000, 1)
