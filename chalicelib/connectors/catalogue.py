"""The catalogue of platforms: what can be read of each, and how, in plain JSON and as pages of the documentation."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from chalicelib.connectors.connector import Connector, Deletes, Stream

FOUND = {
    "sweep": "by a full listing",
    "listing": "by the vendor's list of deleted records",
    "events": "by the vendor's events",
    "feed": "by the vendor's change feed",
    "never": "never deleted",
}

CONNECTED = {
    "oauth": "Asked for at authorisation",
    "api_key": "Connected with a key, which needs",
    "client_credentials": "Connected with the id and secret of an app of the customer's, which needs",
}


def described(connector: Connector) -> dict[str, Any]:
    """Describe a platform."""
    return {
        "platform": connector.name,
        "title": connector.title,
        "category": connector.category,
        "auth_type": connector.auth.kind,
        "docs": connector.docs,
        "scopes": list(connector.auth.scopes),
        "optional_scopes": list(connector.auth.optional_scopes),
        "limits": {
            name: {"requests": limit.requests, "seconds": limit.seconds} for name, limit in connector.limits.items()
        },
        "streams": [_stream(stream) for stream in connector.streams],
        "own_streams": [dynamic.prefix for dynamic in connector.dynamic],
    }


def _stream(stream: Stream) -> dict[str, Any]:
    return {
        "name": stream.name,
        "key": stream.key,
        "cursor": stream.cursor,
        "parent": stream.children.of if stream.children else None,
        "incremental": incremental(stream),
        "deletions": {"how": stream.deletes.how, "within_seconds": int(stream.deletes.within.total_seconds())},
        "files": stream.content is not None,
        "restorable": stream.restorable,
        "not_restorable_because": stream.not_restorable_because or None,
        "scopes": list(stream.scopes),
        "about": stream.about or None,
    }


def incremental(stream: Stream) -> bool:
    """Tell whether a stream can be read without listing all of it."""
    return stream.changes is not None or (stream.children is not None and stream.children.when == "changed")


def page(connector: Connector) -> str:
    """Write a platform's page in Markdown."""
    where = f"`chalicelib/connectors/{connector.name}`"
    lines = [
        f"# {connector.title}",
        "",
        f"Written by `python -m chalicelib.connectors docs` from {where}. The vendor's documents: <{connector.docs}>.",
        "",
        *_scopes(connector),
        *(f"- Limit `{name}`: {_limit(connector, name)}" for name in connector.limits),
        "",
        "| stream | key | cursor | read again | deletions | files | restore | scopes |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(stream) for stream in connector.streams),
        *_own(connector),
        *_remarks(connector.streams),
        *_lacks(connector),
    ]
    return "\n".join(lines) + "\n"


def _scopes(connector: Connector) -> Iterable[str]:
    yield f"- {CONNECTED[connector.auth.kind]}: {_codes(connector.auth.scopes) or 'nothing in particular'}"
    if connector.auth.optional_scopes:
        yield f"- Asked for where the account has it: {_codes(connector.auth.optional_scopes)}"


def _row(stream: Stream) -> str:
    key = (
        f"`{stream.children.of}` / `{stream.key}`"
        if stream.children and not stream.children.keyed
        else f"`{stream.key}`"
    )
    cells = (
        f"`{stream.name}`",
        key,
        f"`{stream.cursor}`" if stream.cursor else "",
        "what changed" if incremental(stream) else "all",
        f"{FOUND[stream.deletes.how]}{_within(stream.deletes)}",
        "yes" if stream.content else "",
        "yes" if stream.restorable else f"no: {stream.not_restorable_because}",
        _codes(stream.scopes),
    )
    return f"| {' | '.join(cells)} |"


def _within(deletes: Deletes) -> str:
    if deletes.how == "never":
        return ""
    if not deletes.listed_whole:
        return " alone, at each backup"
    if not deletes.within:
        return ", at each backup"
    return (
        f", and within {_time(deletes.within)} by a full listing"
        if deletes.how != "sweep"
        else f", within {_time(deletes.within)}"
    )


def _time(span: timedelta) -> str:
    return f"{span.days} day{'s' if span.days != 1 else ''}"


def _limit(connector: Connector, name: str) -> str:
    limit = connector.limits[name]
    told = f"{limit.requests:g} requests in {limit.seconds:g} s per {limit.scope}"
    told += f", counted against {_codes(limit.also)} as well" if limit.also else ""
    return f"begins at {told}, since the vendor publishes none" if limit.adaptive else told


def _own(connector: Connector) -> Iterable[str]:
    if connector.dynamic:
        names = ", ".join(f"`{dynamic.prefix}…`" for dynamic in connector.dynamic)
        yield from ("", f"Streams that only some accounts have, found at each backup: {names}.")


def _remarks(streams: Iterable[Stream]) -> Iterable[str]:
    told = [f"- `{stream.name}`: {stream.about}" for stream in streams if stream.about]
    if told:
        yield from ("", *told)


def _lacks(connector: Connector) -> Iterable[str]:
    if connector.lacks:
        yield from ("", "Not backed up:", "", *(f"- {what}" for what in connector.lacks))


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
