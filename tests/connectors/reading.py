"""Reads streams as the engine does, and keeps what is there by key."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib.connectors.connector import Connector, Fetch, Page, Parent, Position, Reader, Reading, Stream
from chalicelib.connectors.lines import value

Held = dict[str, bytes]


@dataclass
class Copy:
    """What one has of a vendor: every stream's records by key, and where each reading ended."""

    connector: Connector
    fetch: Fetch
    held: dict[str, Held] = field(default_factory=dict)
    since: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, set[str]] = field(default_factory=dict)
    gone: dict[str, set[str]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        found = [name for dynamic in self.connector.dynamic for name in dynamic.discover(self.fetch)]
        return [stream.name for stream in self.connector.streams] + found

    def read_all(self, name: str, until: datetime) -> Held:
        """List a stream in full: what is not in it any more is gone."""
        stream, before = self.connector.stream(name), self.held.get(name, {})
        self.held[name] = {} if stream.deletes.by_listing else dict(before)
        self.since[name] = None
        for parents in self._batches(stream, None):
            self._take(stream, stream.full, self._reading(stream, until, parents))
        self._note(name, before)
        return self.held[name]

    def read_changes(self, name: str, until: datetime) -> Held:
        """Read what changed, in whatever way the stream has."""
        stream, before = self.connector.stream(name), dict(self.held[name])
        if stream.children is not None:
            self._forget(stream, [f"{parent}/" for parent in self.gone[stream.children.of]])
        if stream.changes is not None and self.since[name] is None:
            return self.read_all(name, until)
        if stream.changes is not None:
            self._take(stream, stream.changes, self._reading(stream, until, (), self.since[name]))
        elif stream.children is None or stream.children.when == "always":
            return self.read_all(name, until)
        else:
            for parents in self._batches(stream, self.changed[stream.children.of]):
                for parent in parents:
                    self._forget(stream, [f"{parent.key}/"])
                self._take(stream, stream.full, self._reading(stream, until, parents))
        self._note(name, before)
        return self.held[name]

    def _note(self, name: str, before: Held) -> None:
        now = self.held[name]
        self.changed[name] = {key for key in now if before.get(key) != now[key]}
        self.gone[name] = before.keys() - now.keys()

    def _reading(self, stream: Stream, until: datetime, parents: Iterable[Parent], since: Any = None) -> Reading:
        facts = stream.prepare(self.fetch) if stream.prepare else {}
        return Reading(since=since, until=until, parents=tuple(parents), facts=facts)

    def _batches(self, stream: Stream, only: set[str] | None) -> Iterator[tuple[Parent, ...]]:
        if stream.children is None:
            yield ()
            return
        held = self.held[stream.children.of].items()
        parents = iter([Parent(key, line) for key, line in held if only is None or key in only])
        while some := tuple(islice(parents, stream.children.batch)):
            yield some

    def _take(self, stream: Stream, reader: Reader, reading: Reading) -> None:
        listed: set[str] = set()
        for page in pages(reader, self.fetch, reading):
            self._forget(stream, page.deleted)
            for record, key in zip(page.records, keys_of(stream, page, reading), strict=True):
                self.held[stream.name][key] = bytes(record)
                listed.add(key)
            self.since[stream.name] = page.since if page.since is not None else self.since[stream.name]
            self.skipped += [f"{stream.name}: {each.reason}" for each in page.skipped]
            if page.next is None and page.reset:
                self._forget(stream, self.held[stream.name].keys() - listed)

    def _forget(self, stream: Stream, deleted: Iterable[str]) -> None:
        held = self.held[stream.name]
        for gone in deleted:
            for key in [key for key in held if key == gone or (gone.endswith("/") and key.startswith(gone))]:
                del held[key]


def changes_of(stream: Stream) -> Reader:
    """Give how a stream's changes are read, of one that has them."""
    assert stream.changes is not None
    return stream.changes


def pages(reader: Reader, fetch: Fetch, reading: Reading) -> Iterator[Page]:
    position: Position | None = None
    seen: set[str] = set()
    while True:
        page = reader(fetch, reading, position)
        yield page
        if page.next is None:
            return
        position = json.loads(json.dumps(page.next))
        assert json.dumps(position) not in seen, "the reader goes in circles"
        seen.add(json.dumps(position))


def keys_of(stream: Stream, page: Page, reading: Reading) -> Iterator[str]:
    owners = page.parents or [parent.key for parent in reading.parents] * len(page.records)
    for number, record in enumerate(page.records):
        own = str(value(record, stream.key))
        yield f"{owners[number]}/{own}" if owners else own
