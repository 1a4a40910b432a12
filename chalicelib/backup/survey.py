"""Where in time a large stream's records are: what makes its windows equal work.

Vendors do not say how old an account is, nor how many records of a time there are. But a page of a window tells how
dense it is, and an empty one that there is nothing: a few requests for thousands that are then evenly shared.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.archive.heads import heads
from chalicelib.archive.pages import read_page
from chalicelib.connectors.connector import Fetch, Page, Reading, Stream, Window
from chalicelib.domain.windows import Bounds, Span, Stretch, equal, halving, moment, window

HALVES, PIECES = 5, 3
BURST = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """A span of time, and how many records a second it has at its end."""

    span: Span
    density: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.span[1] - self.span[0]).total_seconds()


def surveyed(stream: Stream, field: Window, bounds: Bounds, ask: Fetch, reading: Reading, first: Page) -> list[Stretch]:
    """Estimate by a page of each how many records a stream has in which stretches of its time, oldest first.

    `first` is the stream's first page, which is the newest stretch's. The oldest stretch with records in it is looked
    at more closely: the account may have begun anywhere in there.
    """

    def sampled(span: Span) -> Sample:
        page = stream.full(ask, replace(reading, window=window(span, field.unit)), None)
        return Sample(span, density(times_of(stream, field, page), page, span))

    *older, newest = halving(bounds, HALVES)
    samples = [*_at_once(sampled, older), Sample(newest, density(times_of(stream, field, first), first, newest))]
    number = next((n for n, sample in enumerate(samples) if sample.density > 0), None)
    if number is not None:
        *before, last = equal(samples[number].span, PIECES)
        closer = [*_at_once(sampled, before), Sample(last, samples[number].density)]
        samples[number : number + 1] = closer
    return estimated(samples)


def times_of(stream: Stream, field: Window, page: Page) -> list[datetime]:
    """List the times of a page's records that a window goes by, oldest first; what is no time is left out."""
    times = []
    for cursor in read_page(page.records, heads(stream.key, field.field), None).cursors:
        with suppress(ValueError, OverflowError):
            times += [moment(str(cursor), field.unit)]
    return sorted(times)


def density(known: Sequence[datetime], page: Page, span: Span) -> float:
    """Tell how many records a second a span's newest have, by a page of them: all of it where the page holds them."""
    inside = [time for time in known if time >= span[0]]
    whole = page.next is None or len(inside) < len(known) or not known
    begin, end = span if whole else (known[0], known[-1])
    return (len(inside) if known else len(page.records)) / max(1.0, (end - begin).total_seconds())


def estimated(samples: Sequence[Sample]) -> list[Stretch]:
    """Estimate each stretch from the densities at both of its ends, the older one being that of the stretch before.

    What is far denser than all around it is taken for a burst, such as an import, and not for the rule.
    """
    rates = [0.0, *(sample.density for sample in samples), 0.0]
    around = [max(before, after) for before, after in zip(rates, rates[2:], strict=False)]
    calm = [min(rate, BURST * near) if near else rate for rate, near in zip(rates[1:], around, strict=False)]
    return [
        Stretch(sample.span, sample.seconds * (math.sqrt(older * own) or own))
        for sample, older, own in zip(samples, [0.0, *calm], calm, strict=False)
    ]


def _at_once(sampled: Callable[[Span], Sample], spans: Sequence[Span]) -> list[Sample]:
    if not spans:
        return []
    with ThreadPoolExecutor(len(spans), thread_name_prefix="survey") as together:
        return list(together.map(sampled, spans))
