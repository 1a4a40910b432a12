"""Where in time a large stream's records are: what makes its windows equal work.

Vendors do not say how old an account is, nor how many records of a time there are. But a page of a window tells how
dense it is, and an empty one that there is nothing: a few requests for thousands that are then evenly shared.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.archive.heads import heads
from chalicelib.archive.pages import read_page
from chalicelib.connectors.connector import Fetch, Page, Reading, Stream, Window
from chalicelib.domain.windows import Bounds, Span, Stretch, even, halving, moment, window
from chalicelib.errors import FatalError, SkippableError

HALVES = 6
NARROWINGS = 4
WINDOW_RECORDS = 5_000
EACH = 2
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


def windows(stream: Stream, ask: Fetch, reading: Reading, parallel: int) -> list[tuple[str, str]]:
    """Cut a stream's time into windows of about as many records each, several for each of `parallel` workers.

    Gives none where the stream cannot be cut, or where the vendor does not answer about its windows.
    """
    if stream.window is None or reading.until is None:
        return []
    with suppress(FatalError, SkippableError):
        bounds = Bounds(stream.window.earliest, reading.until, stream.window.unit)
        stretches = surveyed(stream, stream.window, bounds, ask, reading)
        records = sum(stretch.records for stretch in stretches)
        worth = max(1, int(records / WINDOW_RECORDS))
        count = worth if worth < parallel else parallel * min(EACH, worth // parallel)
        return [window(span, stream.window.unit) for span in even(stretches, count)]
    return []


def surveyed(stream: Stream, field: Window, bounds: Bounds, ask: Fetch, reading: Reading) -> list[Stretch]:
    """Estimate by a page of each how many records a stream has in which stretches of its time, oldest first."""

    def sampled(span: Span) -> Sample:
        page = stream.full(ask, replace(reading, window=window(span, field.unit)), None)
        return Sample(span, density(stream, field, page, span))

    with ThreadPoolExecutor(HALVES, thread_name_prefix="survey") as together:
        samples = list(together.map(sampled, halving(bounds, HALVES)))
    for _ in range(NARROWINGS):
        samples = _narrowed(samples, sampled)
    return estimated(samples)


def density(stream: Stream, field: Window, first: Page, span: Span) -> float:
    """Tell how many records a second a window's first page has: a whole window's, or those of its newest records."""
    cursors = read_page(first.records, heads(stream.key, field.field), None).cursors
    known = sorted(moment(str(cursor), field.unit) for cursor in cursors if cursor is not None)
    begin, end = (known[0], known[-1]) if known and first.next is not None else span
    return len(first.records) / max(1.0, (end - begin).total_seconds())


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


def _narrowed(samples: list[Sample], sampled: Callable[[Span], Sample]) -> list[Sample]:
    """Halve the oldest stretch with records in it: the account may have begun anywhere in there."""
    number = next((n for n, sample in enumerate(samples) if sample.density > 0), None)
    if number is None:
        return samples
    (begin, end), own = samples[number].span, samples[number].density
    middle = (begin + (end - begin) / 2).replace(microsecond=0)
    return [*samples[:number], sampled((begin, middle)), Sample((middle, end), own), *samples[number + 1 :]]
