"""JSON Lines, as bulk exports give them: a file of any size with a record in each line, read range by range."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from msgspec import Raw

from chalicelib.connectors.connector import Answer, Fetch, Page, Position, Reading, Request
from chalicelib.connectors.paging import again, onward, restarts
from chalicelib.errors import FatalError, RetryableError

RANGE_BYTES = 8 * 1024**2
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True)
class JsonLines:
    """`locate` gives the request for the file, and may ask the vendor for it; None where the export is empty.

    A range ends with the last line that it has whole. Where the file is another one than before, by its size, it is
    read from its start.
    """

    locate: Callable[[Fetch, Reading], Request | None]
    range_bytes: int = RANGE_BYTES

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one range."""
        request = self.locate(fetch, reading)
        if request is None:
            return _nothing(position)
        begin, size = (position["at"], position.get("of")) if position and "at" in position else (0, None)
        body, total = self._lines(fetch, request, begin)
        if size not in (None, total):
            return Page((), again(position))
        records = [Raw(line) for line in body.split(b"\n") if line.strip()]
        end = begin + len(body)
        following = {"at": end, "of": total, **restarts(position)}
        return Page(records, onward(position, following) if end < total else None)

    def _lines(self, fetch: Fetch, request: Request, begin: int) -> tuple[bytes, int]:
        """Ask for as much as has a whole line; give it, and how large the file is."""
        size = self.range_bytes
        while True:
            asked = {**request.headers, "Range": f"bytes={begin}-{begin + size - 1}", "Accept-Encoding": "identity"}
            answer = fetch(replace(request, headers=asked, lines=True))
            total = _size(answer, begin)
            end = len(answer.body) if begin + len(answer.body) == total else answer.body.rfind(b"\n") + 1
            if end:
                return answer.body[:end], total
            size *= 2


def _size(answer: Answer, begin: int) -> int:
    """Read how large the file is; raises RetryableError where the answer is not the range that was asked for."""
    told = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if told is None and begin == 0:
        return len(answer.body)
    if told is None or int(told[1]) != begin or int(told[2]) + 1 - begin != len(answer.body):
        raise RetryableError("the vendor gave another part of the file than was asked for; it will be asked again")
    return int(told[3])


def _nothing(position: Position | None) -> Page:
    """End an export that is empty; raises FatalError for one that was not, when it was begun."""
    if position is not None:
        raise FatalError("the vendor no longer has the export that was being read; back the source up again")
    return Page((), None)
