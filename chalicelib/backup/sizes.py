"""How many records a stream may have, before it is read: what decides whether slices are worth their price.

A slice costs its own parts and checkpoints; a young account's forty streams in six windows each would cost more than
all their records.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib.backup.plan import Before
from chalicelib.backup.survey import surveyed, times_of
from chalicelib.connectors.connector import Fetch, Page, Reading, Stream, Window
from chalicelib.domain.windows import Bounds, Stretch, moment
from chalicelib.errors import FatalError, RetryableError, SkippableError

WORTH_WINDOWS = 10_000
WORTH_SURVEY = 50_000
"""By a first page: most accounts are much younger than their vendor, and have a fifth of what that says."""
MANY = 1_000_000_000


@contextmanager
def unless_told_to_wait() -> Iterator[None]:
    """Go on without an answer that does not come; but a vendor that says when to come back is obeyed."""
    try:
        yield
    except RetryableError as later:
        if not (later.unexplained or later.unasked):
            raise


@dataclass(frozen=True, slots=True)
class Size:
    """About how many records a stream has, and where in its time they are where it is worth cutting into windows."""

    records: int = 0
    stretches: Sequence[Stretch] = ()


def sized(stream: Stream, left: Before | None, ask: Fetch, reading: Reading, *, whole: bool) -> Size:
    """Estimate a stream's size: as the snapshot before left it, or by a first page; and by more where it is large.

    `whole`: it is to be read in full. Gives zero where the vendor does not answer as it should; that is met again,
    and told, when it is read.
    """
    records = left.live if left is not None else 0
    known = left is not None and records <= WORTH_WINDOWS
    if stream.window is None or reading.until is None or not whole or known:
        return Size(records)
    with suppress(FatalError, SkippableError), unless_told_to_wait():
        first = stream.full(ask, reading, None)
        guess = estimate(stream, stream.window, first, reading.until)
        if records > WORTH_WINDOWS or guess > WORTH_SURVEY:
            bounds = Bounds(stream.window.earliest, reading.until, stream.window.unit)
            stretches = surveyed(stream, stream.window, bounds, ask, reading, first)
            return Size(round(sum(stretch.records for stretch in stretches)), stretches)
        return Size(records or guess)
    return Size(records)


def estimate(stream: Stream, window: Window, first: Page, until: datetime) -> int:
    """Estimate from a first page: all of it where it is the last, else as if all the window's time were as dense."""
    if first.next is None:
        return len(first.records)
    known = times_of(stream, window, first)
    if len(known) < 2 or known[0] == known[-1]:
        return MANY
    return int(len(known) * ((until - moment(window.earliest, window.unit)) / (known[-1] - known[0])))
