"""What the provider answers, without a socket: Stripe's lists and events over generated records."""

import bisect
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.provider.config import Knobs
from benchmarks.provider.faults import REPEATS, Answer, Fault, break_answer
from benchmarks.provider.limits import Bucket
from benchmarks.provider.records import index_of

_JSON = {"Content-Type": "application/json"}
Params = dict[str, list[str]]
Served = tuple[int, int, str | None]
NOTHING: Served = (0, 0, None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal: `first` and `count` are the records that were served, `at` is seconds since 1970."""

    at: float
    path: str
    stream: str | None
    status: int
    first: int = 0
    count: int = 0
    fault: str | None = None


@dataclass
class Vendor:
    """The whole state of one provider."""

    knobs: Knobs
    bucket: Bucket = field(init=False)
    records: dict[str, list[bytes]] = field(init=False)
    events: list[tuple[int, str, bytes]] = field(default_factory=list)
    journal: list[Entry] = field(default_factory=list)
    asked: dict[Fault, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = self.knobs.shape
        self.bucket = Bucket(self.knobs.rate, self.knobs.burst, self.knobs.style)
        self.records = {
            stream: [shape.record(stream, index) for index in range(count)]
            for stream, count in self.knobs.streams.items()
        }

    def answer(self, target: str, now: float) -> Answer:
        """Answer a GET; `now` is seconds of a monotonic clock."""
        url = urlsplit(target)
        admitted = self.bucket.take(now)
        if not admitted:
            given, served = _error(429, "rate_limit"), NOTHING
        else:
            given, served = self._served(url.path, parse_qs(url.query))
        given.headers |= self.bucket.headers(admitted=admitted)
        stream = url.path.removeprefix("/v1/") if url.path.removeprefix("/v1/") in self.records else None
        first, count, fault = served
        self.journal.append(Entry(time.time(), target, stream, given.status, first, count, fault))
        return given

    def change(self, every: int, at: int) -> int:
        """Change one in `every` records of each stream, and report each as an event made at `at`."""
        changed = 0
        for stream, records in self.records.items():
            for index in range(0, len(records), every):
                records[index] = self.knobs.shape.record(stream, index, 1)
                kind = f"{stream.removesuffix('s')}.updated"
                self.events.insert(0, (at, kind, _event(f"evt_{stream}{index:08x}", kind, at, records[index])))
                changed += 1
        return changed

    def _served(self, path: str, params: Params) -> tuple[Answer, Served]:
        stream = path.removeprefix("/v1/")
        if stream in self.records:
            return self._page(stream, params)
        if stream.partition("/")[0] in self.records:
            return self._one(*stream.split("/", 1)), (0, 1, None)
        if stream == "events":
            return self._events(params), NOTHING
        if stream == "account":
            return Answer(200, b'{"id":"acct_bench","object":"account"}', dict(_JSON)), NOTHING
        return Answer(200, _list(path, [], more=False), dict(_JSON)), NOTHING

    def _one(self, stream: str, identifier: str) -> Answer:
        index = self._place(stream, identifier)
        return (
            _error(404, "resource_missing") if index is None else Answer(200, self.records[stream][index], dict(_JSON))
        )

    def _place(self, stream: str, identifier: str) -> int | None:
        """Find a record by its id; None where there is none of it."""
        try:
            index = index_of(identifier)
        except ValueError:
            return None
        there = index < len(self.records[stream]) and self.knobs.shape.identifier(stream, index) == identifier
        return index if there else None

    def _page(self, stream: str, params: Params) -> tuple[Answer, Served]:
        records, limit = self.records[stream], _limit(params, self.knobs.page_size)
        first, last = self._window(len(records), params)
        if "starting_after" in params:
            index = self._place(stream, params["starting_after"][0])
            if index is None:
                return _error(400, "resource_missing"), NOTHING
            first = index + 1
        end = min(first + limit, last)
        fault = self._fault(first, end, later="starting_after" in params)
        if fault and fault.kind in REPEATS:
            first, end = max(0, first - limit), first
        page = Answer(200, _list(f"/v1/{stream}", records[first:end], more=end < last), dict(_JSON))
        if fault:
            page = break_answer(fault.kind, page, fault.at - first)
        return page, (first, end - first, fault.kind if fault else None)

    def _window(self, count: int, params: Params) -> tuple[int, int]:
        """Cut the list at `created[…]`: the newest is first, so the upper bound is where it begins."""
        newest, step = self.knobs.newest, self.knobs.step
        bounds = {op: int(value[0]) for op, value in _created(params)}
        low = max(bounds.get("gte", 0), bounds.get("gt", -1) + 1)
        high = min(bounds.get("lte", newest), bounds.get("lt", newest + 1) - 1)
        first, last = -(-(newest - high) // step), (newest - low) // step + 1
        first = min(max(0, first), count)
        return first, min(max(first, last), count)

    def _fault(self, first: int, end: int, *, later: bool) -> Fault | None:
        for fault in self.knobs.faults:
            spent = fault.times is not None and self.asked.get(fault, 0) >= fault.times
            if not spent and fault.strikes(first, end, later=later):
                self.asked[fault] = self.asked.get(fault, 0) + 1
                return fault
        return None

    def _events(self, params: Params) -> Answer:
        kinds = set(params.get("types[]", [])) | set(params.get("type", []))
        found = list(_matching(self.events, kinds, params))
        ids = [json.loads(body)["id"] for body in found] if "starting_after" in params else []
        start = ids.index(params["starting_after"][0]) + 1 if ids else 0
        end = start + _limit(params, self.knobs.page_size)
        return Answer(200, _list("/v1/events", found[start:end], more=end < len(found)), dict(_JSON))


def _created(params: Params) -> Iterator[tuple[str, list[str]]]:
    return ((op, params[f"created[{op}]"]) for op in ("gte", "gt", "lte", "lt") if f"created[{op}]" in params)


def _matching(events: list[tuple[int, str, bytes]], kinds: set[str], params: Params) -> Iterator[bytes]:
    low = int(params.get("created[gte]", ["0"])[0])
    high = int(params.get("created[lte]", ["99999999999"])[0])
    begin = bisect.bisect_left(events, -high, key=lambda event: -event[0])
    for at, kind, body in events[begin:]:
        if at < low:
            return
        if not kinds or kind in kinds:
            yield body


def _event(identifier: str, kind: str, at: int, record: bytes) -> bytes:
    head = f'{{"id":"{identifier}","object":"event","type":"{kind}","created":{at},"livemode":true,"data":{{"object":'
    return head.encode() + record + b"}}"


def _list(path: str, records: list[bytes], *, more: bool) -> bytes:
    head = f'{{"object":"list","url":"{path}","has_more":{"true" if more else "false"},"data":['
    return head.encode() + b",".join(records) + b"]}"


def _limit(params: Params, most: int) -> int:
    return min(int(params.get("limit", [str(most)])[0]), most)


def _error(status: int, code: str) -> Answer:
    body: dict[str, Any] = {"error": {"type": "invalid_request_error", "code": code, "message": f"{code}."}}
    return Answer(status, json.dumps(body).encode(), dict(_JSON))
