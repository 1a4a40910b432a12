"""Which streams a job should read that are not there, and why: none that was asked for leaves a snapshot silently."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from chalicelib.archive.manifest import Manifest, StreamManifest
from chalicelib.backup.plan import Refusal, ancestors
from chalicelib.backup.previous import since_of
from chalicelib.connectors.connector import Connector, Dynamic, Fetch
from chalicelib.errors import ForbiddenStreamError

CONTENT = ".content"
"""What ends the names of streams of file contents; `backup.files` names them so."""


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


def missing(
    connector: Connector, found: Discovered, chosen: Sequence[str] | None, manifest: Manifest | None
) -> dict[str, Refusal | None]:
    """Say of each stream that is wanted and not there why it cannot be read, None where it is gone.

    Wanted are those that were chosen, with their parents, and without a choice all that the snapshot before has.
    Parents come before their children.
    """
    there = {*(stream.name for stream in connector.streams), *found.names}
    kept = manifest.streams if manifest else {}
    if chosen is None:
        asked = dict.fromkeys(sorted(_records_in(kept), key=lambda name: _depth(kept, name)))
    else:
        asked = dict.fromkeys(name for one in chosen for name in _family(connector, one))
    why = {name: _why(connector, found, name, kept.get(name)) for name in asked if name not in there}
    return {name: no for name, no in why.items() if chosen is not None or no is None or no.status == "forbidden"}


def _records_in(kept: Mapping[str, StreamManifest]) -> list[str]:
    """Name the streams of records; those of file contents, which only grow, go with the stream that they are behind."""
    return [name for name in kept if not (name.endswith(CONTENT) and name.removesuffix(CONTENT) in kept)]


def _depth(kept: Mapping[str, StreamManifest], name: str) -> int:
    above = kept[name].children_of if name in kept else None
    return 0 if above is None else 1 + _depth(kept, above)


def _why(connector: Connector, found: Discovered, name: str, kept: StreamManifest | None) -> Refusal | None:
    """Take for gone only what was read whole before, and what the vendor could be asked for."""
    dynamic = _dynamic(connector, name)
    if dynamic is not None and dynamic.prefix in found.refused:
        return Refusal("forbidden", f"whether there is such a stream may not be asked: {found.refused[dynamic.prefix]}")
    if kept is not None and (kept.live or since_of(kept.since).read_at is not None):
        return None
    where = f"{connector.title} has" if dynamic is None else "the connected account has"
    return Refusal("failed", f"{where} no such stream (any more); take it out of the source's streams")


def _family(connector: Connector, name: str) -> Iterator[str]:
    """Name a stream and all above it, the highest first; one that the connector does not know stands alone."""
    with suppress(KeyError):
        yield from reversed(ancestors(connector, name))
    yield name


def _dynamic(connector: Connector, name: str) -> Dynamic | None:
    return next((one for one in connector.dynamic if name.startswith(one.prefix)), None)
