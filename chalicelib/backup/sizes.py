"""How many records a stream may have, before it is read: what decides whether slices are worth their price.

A slice costs a Lambda and a few transitions of the state machine; a young account's forty streams in six windows each
would cost more than all their records.
"""

from contextlib import suppress
from datetime import datetime

from chalicelib.archive.heads import heads
from chalicelib.archive.pages import read_page
from chalicelib.backup.plan import Before
from chalicelib.connectors.connector import Fetch, Page, Reading, Stream, Window
from chalicelib.domain.windows import moment
from chalicelib.errors import FatalError, SkippableError

UNKNOWN = 0
MANY = 1_000_000_000


def expected(stream: Stream, left: Before | None, of_parent: int, ask: Fetch, reading: Reading) -> int:
    """Estimate a stream's records, or a child stream's parents: as the snapshot before left it, or by a first page."""
    if stream.children is not None:
        return of_parent
    if left is not None:
        return left.live
    if stream.window is None or reading.until is None:
        return UNKNOWN
    with suppress(FatalError, SkippableError):
        return estimate(stream, stream.window, stream.full(ask, reading, None), reading.until)
    return UNKNOWN


def estimate(stream: Stream, window: Window, first: Page, until: datetime) -> int:
    """Estimate from a first page: all of it where it is the last, else as if all the window's time were as dense."""
    if first.next is None:
        return len(first.records)
    cursors = read_page(first.records, heads(stream.key, window.field), None).cursors
    known = sorted(moment(str(cursor), window.unit) for cursor in cursors if cursor is not None)
    if len(known) < 2 or known[0] == known[-1]:
        return MANY
    return int(len(known) * ((until - moment(window.earliest, window.unit)) / (known[-1] - known[0])))
