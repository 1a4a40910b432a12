"""Cutting time into windows that can be read side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Literal

Unit = Literal["seconds", "rfc3339"]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `earliest` (as a vendor writes times, in `unit`) to `latest`."""

    earliest: str
    latest: datetime
    unit: Unit


@dataclass(frozen=True, slots=True)
class Stretch:
    """About how many records are in a span of time."""

    span: Span
    records: float

    def cut(self, share: float) -> datetime:
        """Say before when about such a share of its records is."""
        begin, end = self.span
        return begin + (end - begin) * share


def halving(bounds: Bounds, count: int) -> list[Span]:
    """Cut bounds into `count` spans [from, to), newest last, each half as long as the one before.

    An account is younger than its vendor, and most grow: equal spans would have all records in the last one. Cuts are
    whole seconds, so that spans meet exactly; too short a time gives fewer of them.
    """
    first, last = moment(bounds.earliest, bounds.unit), bounds.latest.replace(microsecond=0) + timedelta(seconds=1)
    return _between([first, *(last - (last - first) / 2**n for n in range(1, count)), last])


def equal(span: Span, count: int) -> list[Span]:
    """Cut a span into at most `count` spans of the same length."""
    begin, end = span
    return _between([begin, *(begin + (end - begin) * n / count for n in range(1, count)), end])


def even(stretches: Sequence[Stretch], count: int) -> list[Span]:
    """Cut adjoining stretches, oldest first, into at most `count` spans with about as many records each."""
    totals = list(accumulate((stretch.records for stretch in stretches), initial=0.0))
    cuts = [stretches[0].span[0], stretches[-1].span[1]]
    for target in (totals[-1] * n / count for n in range(1, count)):
        for stretch, before in zip(stretches, totals, strict=False):
            if before <= target < before + stretch.records:
                cuts.append(stretch.cut((target - before) / stretch.records))
    return _between(cuts)


def window(span: Span, unit: Unit) -> tuple[str, str]:
    """Write a span as a vendor writes times."""
    return _written(span[0], unit), _written(span[1], unit)


def moment(text: str, unit: Unit) -> datetime:
    """Read a time as a vendor writes it."""
    return datetime.fromtimestamp(int(text), UTC) if unit == "seconds" else datetime.fromisoformat(text)


def _between(cuts: Sequence[datetime]) -> list[Span]:
    return list(pairwise(sorted({cut.replace(microsecond=0) for cut in cuts})))


def _written(moment: datetime, unit: Unit) -> str:
    return str(int(moment.timestamp())) if unit == "seconds" else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
