"""The difference between two snapshots of a source: which records were added, removed or changed."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import Literal

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.index import IndexReader, Version
from chalicelib.archive.listing import After, keys_only
from chalicelib.archive.manifest import IndexRef, StreamManifest
from chalicelib.archive.objects import Objects
from chalicelib.archive.state import State

_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Difference:
    """One record that two snapshots do not share; of an added one there is no `before`, of a removed no `after`."""

    kind: Literal["added", "removed", "changed"]
    key: str
    before: Version | None
    after: Version | None


@dataclass(slots=True)
class Diff:
    """Two states of a stream, and the indexes that only one of them has: no other can tell them apart."""

    before: State
    after: State
    unshared: list[IndexReader]

    @classmethod
    def open(
        cls,
        objects: Objects,
        cache: IndexCache,
        root: str,
        before: StreamManifest | None,
        after: StreamManifest | None,
    ) -> "Diff":
        """Open the difference between a stream's entries in two manifests; None is a stream that was not there."""
        chains = [stream.chain if stream else [] for stream in (before, after)]
        states = [State.open(objects, cache, root, chain) for chain in chains]
        unshared = [*_unshared(states[0], chains[0], chains[1]), *_unshared(states[1], chains[1], chains[0])]
        return cls(states[0], states[1], unshared)

    def close(self) -> None:
        self.before.close()
        self.after.close()

    def page(self, limit: int, *, after: str | None = None) -> list[Difference]:
        """List up to `limit` differences in the order of their keys, behind the key `after`."""
        return list(islice(self.scan(after), limit))

    def scan(self, after: str | None = None) -> Iterator[Difference]:
        """List every difference behind a key, in bounded memory."""
        keys = self._candidates(after)
        while some := list(islice(keys, _AT_ONCE)):
            before, now = (state.live_hashes(some) for state in (self.before, self.after))
            yield from (self._difference(key) for key in some if before.get(key) != now.get(key))

    def _candidates(self, after: str | None) -> Iterator[str]:
        place = After(after) if after is not None else None
        merged = heapq.merge(*(keys_only(reader, "", place) for reader in self.unshared), key=itemgetter(0))
        return (key for key, _ in groupby(merged, key=itemgetter(0)))

    def _difference(self, key: str) -> Difference:
        before, after = self.before.get(key), self.after.get(key)
        kind: Literal["added", "removed", "changed"] = "changed"
        if before is None or after is None:
            kind = "added" if before is None else "removed"
        return Difference(kind, key, before, after)


def _unshared(state: State, chain: Sequence[IndexRef], other: Sequence[IndexRef]) -> list[IndexReader]:
    shared = {ref.sha256 for ref in other}
    newest_first = zip(state.readers, reversed(chain), strict=True)
    return [reader for reader, ref in newest_first if ref.sha256 not in shared]
