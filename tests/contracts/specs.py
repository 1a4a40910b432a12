"""The vendors' own specifications, where they are at hand, and a vendor that writes down what it is asked."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.connectors.connector import Answer, Fetch, Page, Parent, Reader, Reading, Request, Stream

SPECS = Path(__file__).parents[2].parent / "shared" / "platforms" / "specs"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
PAGES_ENOUGH = 60


def needed(*path: str) -> Path:
    """Give a specification's file; the test is skipped where it is absent."""
    file = SPECS.joinpath(*path)
    if not file.exists():
        pytest.skip(f"the vendor's specification {'/'.join(path)} is not on this machine", allow_module_level=True)
    return file


class Recorder:
    """Answers every request by `tell`, and remembers it."""

    def __init__(self, tell: Callable[[Request], Any]) -> None:
        self.asked: list[Request] = []
        self.tell = tell

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        return Answer(json.dumps(self.tell(request)).encode(), NOW, {})


def readings(stream: Stream, line: bytes, since: Any) -> Iterable[tuple[Reader, Reading]]:
    """List every way in which a stream can be read."""
    parents = (Parent("parent_1", line),) if stream.children else ()
    plain = Reading(until=NOW, parents=parents, facts={"properties": ["email"]})
    yield stream.full, plain
    yield stream.full, replace(plain, facts={"properties": [f"property_{n}" for n in range(1000)]})
    if stream.window:
        yield stream.full, replace(plain, window=("1", "2"))
    if stream.changes:
        yield stream.changes, replace(plain, parents=(), since=since)


def pages(reader: Reader, fetch: Fetch, reading: Reading) -> list[Page]:
    read: list[Page] = []
    position = None
    while len(read) < PAGES_ENOUGH:
        read.append(reader(fetch, reading, position))
        position = read[-1].next
        if position is None:
            return read
    return read


def requests_of(stream: Stream, recorder: Recorder, line: bytes, since: Any) -> list[Request]:
    """Read a stream in every way; give the requests that were made, those for contents too."""
    if stream.prepare:
        stream.prepare(recorder)
    for reader, reading in readings(stream, line, since):
        pages(reader, recorder, reading)
    located = [stream.content.locate(recorder, line)] if stream.content else []
    return [*recorder.asked, *located]
