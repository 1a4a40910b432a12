"""Cutting time into windows that can be read side by side."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `earliest` (as a vendor writes times, in `unit`) to `latest`."""

    earliest: str
    latest: datetime
    unit: Literal["seconds", "rfc3339"]


def halving(bounds: Bounds, count: int) -> list[tuple[str, str]]:
    """Cut bounds into `count` windows [from, to), newest last, each half as long as the one before.

    Equal windows would leave all records of a young account in the last one: an account is younger than its vendor, and
    most grow. Cuts are whole seconds, so that windows meet exactly; too short a time gives fewer windows.
    """
    first, last = moment(bounds.earliest, bounds.unit), bounds.latest.replace(microsecond=0) + timedelta(seconds=1)
    cuts = [first, *(last - (last - first) / 2**n for n in range(1, count)), last]
    whole = sorted({cut.replace(microsecond=0) for cut in cuts})
    return [(_written(begin, bounds.unit), _written(end, bounds.unit)) for begin, end in pairwise(whole)]


def moment(text: str, unit: Literal["seconds", "rfc3339"]) -> datetime:
    """Read a time as a vendor writes it."""
    return datetime.fromtimestamp(int(text), UTC) if unit == "seconds" else datetime.fromisoformat(text)


def _written(moment: datetime, unit: Literal["seconds", "rfc3339"]) -> str:
    return str(int(moment.timestamp())) if unit == "seconds" else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
