"""How a stream was declared when it was last read whole: another declaration has not reached all its records since."""

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from chalicelib.archive.manifest import Manifest
from chalicelib.connectors.connector import Connector, Stream


class Declared(msgspec.Struct, frozen=True):
    """The stream's edition, and in short how its records' keys are made, those of its parents included.

    `granted` is a sum over the scopes that its connection had; empty where that is not known.
    """

    edition: int
    keys: str
    granted: str = ""

    def is_now(self, now: "Declared") -> bool:
        """Tell whether a reading now would ask for the same, and be answered the same, as far as that is known."""
        known = bool(self.granted and now.granted)
        return (self.edition, self.keys) == (now.edition, now.keys) and (not known or self.granted == now.granted)


def declared(connector: Connector, stream: Stream, granted: str = "") -> Declared:
    """Tell how a stream is declared."""
    return Declared(stream.edition, _keys_of(connector, stream), granted)


def sum_of(scopes: Iterable[str]) -> str:
    """Sum up the scopes that a connection was granted; empty where nobody knows of any."""
    named = " ".join(sorted(set(scopes)))
    return sha256(named.encode()).hexdigest()[:16] if named else ""


def declared_in(manifest: Manifest, name: str) -> Declared | None:
    """Tell how a stream was declared that a manifest has from before this was kept; None where it was not read whole.

    Then its keys may be another declaration's than the last whole reading's.
    """
    keys = _keys_in(manifest, name)
    complete = name in manifest.streams and manifest.streams[name].status == "complete"
    return Declared(1, keys) if complete and keys is not None else None


def _keys_of(connector: Connector, stream: Stream) -> str:
    if stream.children is None:
        return _keys(stream.key, None, keyed=False, grouped=stream.grouped)
    of = stream.children.of
    under = f"{of}.{_keys_of(connector, connector.stream(of))}"
    return _keys(stream.key, under, keyed=stream.children.keyed, grouped=False)


def _keys_in(manifest: Manifest, name: str) -> str | None:
    kept = manifest.streams.get(name)
    if kept is None:
        return None
    if kept.children_of is None:
        return _keys(kept.key_path, None, keyed=False, grouped=kept.grouped)
    of = _keys_in(manifest, kept.children_of)
    under = f"{kept.children_of}.{of}"
    return None if of is None else _keys(kept.key_path, under, keyed=kept.children_keyed, grouped=False)


def _keys(own: str, under: str | None, *, keyed: bool, grouped: bool) -> str:
    if under is None:
        return f"*/{own}" if grouped else own
    return under if keyed else f"{under}/{own}"
