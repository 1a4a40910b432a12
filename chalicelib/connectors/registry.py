"""Admits connectors to the catalogue: only what the engine can run, and only with its deletions declared."""

from collections.abc import Iterator

from chalicelib.connectors.connector import Connector, Deletes, Stream
from chalicelib.connectors.hosts import blanks


def registered(*connectors: Connector) -> dict[str, Connector]:
    """Put connectors under their names; raises ValueError naming the platform, the stream and what is wrong with it."""
    for connector in connectors:
        for problem in _problems(connector):
            raise ValueError(f"{connector.name}: {problem}")
    return {connector.name: connector for connector in connectors}


def _problems(connector: Connector) -> Iterator[str]:
    names = [stream.name for stream in connector.streams]
    if "default" not in connector.limits:
        yield "limits need one named default"
    for name, limit in connector.limits.items():
        for other in limit.also:
            if other not in connector.limits or other == name:
                yield f"limit {name} counts also against {other}, which is no other limit"
    yield from _unasked(connector)
    for stream in connector.streams:
        if names.count(stream.name) > 1:
            yield f"stream {stream.name} is declared twice"
        if stream.children and stream.children.of not in names:
            yield f"stream {stream.name} is a child of {stream.children.of}, which is not a stream"
        yield from _undeclared(stream)


def _unasked(connector: Connector) -> Iterator[str]:
    """Find names of the customer's that nobody knows, or knows the pattern of, when they are needed."""
    for name in connector.asks:
        if name not in connector.tenant:
            yield f"{name} is asked for; tenant must say of what pattern it is"
    for url in connector.auth.urls:
        for name in blanks(url) - {*connector.asks}:
            yield f"{url} has {name} in it, which must be among what is asked for"


def _undeclared(stream: Stream) -> Iterator[str]:
    """Find what a stream leaves open of its deletions and its restore."""
    declared: object = stream.deletes
    if not isinstance(declared, Deletes):
        yield f"stream {stream.name} does not say how its deletions are found"
        return
    if declared.how == "sweep" and stream.changes and not declared.within:
        yield f"stream {stream.name} has an incremental reading and must say how often it is swept"
    if declared.how == "sweep" and not declared.listed_whole:
        yield f"stream {stream.name} is swept by a listing that does not show all; say who tells of its deletions"
    if declared.how in {"events", "feed"} and stream.retains is None:
        yield f"stream {stream.name} reads a change feed and must say how long the vendor keeps it"
    if not stream.restorable and not stream.not_restorable_because:
        yield f"stream {stream.name} must say why it cannot be restored"
