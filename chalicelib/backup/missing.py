"""Which streams a job should read that are not there, and why: none that was asked for leaves a snapshot silently."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from chalicelib.backup.plan import Refusal, ancestors
from chalicelib.connectors.connector import Connector, Dynamic, Fetch
from chalicelib.errors import ForbiddenStreamError


@dataclass(slots=True)
class Discovered:
    """The streams that only this account has, and by the prefix of their names why some could not be asked for."""

    names: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def discovered(connector: Connector, fetch: Fetch) -> Discovered:
    """Ask the vendor which streams of its own the account has."""
    found = Discovered()
    for dynamic in connector.dynamic:
        try:
            found.names += dynamic.discover(fetch)
        except ForbiddenStreamError as no:
            found.refused[dynamic.prefix] = str(no)
    return found


def missing(connector: Connector, found: Discovered, chosen: Sequence[str] | None) -> dict[str, Refusal]:
    """Say of each stream that was chosen and is not there why it cannot be read; parents come before their children."""
    there = {*(stream.name for stream in connector.streams), *found.names}
    asked = dict.fromkeys(name for one in chosen or () for name in _family(connector, one))
    return {name: _refusal(connector, found, name) for name in asked if name not in there}


def _family(connector: Connector, name: str) -> Iterator[str]:
    """Name a stream and all above it, the highest first; one that the connector does not know stands alone."""
    with suppress(KeyError):
        yield from reversed(ancestors(connector, name))
    yield name


def _refusal(connector: Connector, found: Discovered, name: str) -> Refusal:
    dynamic = _dynamic(connector, name)
    if dynamic is None:
        return Refusal(
            "failed", f"{connector.title} has no such stream (any more); take it out of the source's streams"
        )
    if dynamic.prefix in found.refused:
        return Refusal("forbidden", f"whether there is such a stream may not be asked: {found.refused[dynamic.prefix]}")
    return Refusal("failed", "the connected account has no such stream (any more); take it out of the source's streams")


def _dynamic(connector: Connector, name: str) -> Dynamic | None:
    return next((one for one in connector.dynamic if name.startswith(one.prefix)), None)
