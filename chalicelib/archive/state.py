"""The state of a stream as of a snapshot: the newest version of every key, over a chain of indexes."""

import heapq
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.changes import Known
from chalicelib.archive.fragments import DELETED
from chalicelib.archive.index import VERSIONS, IndexReader, Version
from chalicelib.archive.listing import After, Order, by_cursor, by_key, cursor_order, key_order, keys_only
from chalicelib.archive.manifest import IndexRef
from chalicelib.archive.objects import Objects

CACHE_BYTES = 48 * 1024 * 1024


@dataclass(slots=True)
class State:
    """A stream's records as of a snapshot. `readers` are its chain, newest first; close it when done."""

    readers: list[IndexReader]

    @classmethod
    def open(
        cls,
        objects: Objects,
        cache: IndexCache,
        root: str,
        chain: Sequence[IndexRef],
        order: Order = "key",
        cache_bytes: int = CACHE_BYTES,
    ) -> "State":
        """Open the state over a manifest's chain (oldest first); `order` is the one that pages will be asked in."""
        fetch = cache.fetch if order == "key" else cache.fetch_by_cursor
        total = max(1, sum(ref.raw_bytes for ref in chain))
        shares = [(ref, cache_bytes * ref.raw_bytes // total) for ref in reversed(chain)]
        return cls([_opened(partial(fetch, objects, root, ref), share) for ref, share in shares])

    @classmethod
    def over(cls, paths: Sequence[Path]) -> "State":
        """Open the state over index files, oldest first."""
        sizes = {path: path.stat().st_size for path in paths}
        total = max(1, sum(sizes.values()))
        return cls([IndexReader.open(path, CACHE_BYTES * sizes[path] // total) for path in reversed(paths)])

    def close(self) -> None:
        for reader in self.readers:
            reader.close()

    def directories(self) -> dict[str, str]:
        """Tell the directories of all snapshots that the chain names."""
        return {name: directory for reader in self.readers for name, directory in reader.snapshots.values()}

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Find the newest versions of those keys that ever were, deletions included."""
        found: dict[str, Known] = {}
        missing = keys
        for reader in self.readers:
            names = {number: name for number, (name, _) in reader.snapshots.items()}
            found |= {key: Known(hash_, names[number]) for key, hash_, number in reader.newest(missing)}
            if len(found) == len(keys):
                break
            missing = [key for key in missing if key not in found]
        return found

    def live_hashes(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Find the hashes of those keys that are there."""
        return {key: known.hash for key, known in self.known(keys).items() if known.hash is not None}

    def version(self, key: str) -> Version | None:
        """Find the newest version of a key, a deletion included; None where the key never was."""
        for reader in self.readers:
            row = reader.connection.execute(f"{VERSIONS} WHERE v.key = ?", (key,)).fetchone()
            if row is not None:
                return reader.version(row)
        return None

    def get(self, key: str) -> Version | None:
        """Find a record as it is in this state; None where it is not there."""
        version = self.version(key)
        return None if version is None or version.deleted else version

    def page(
        self, limit: int, *, after: After | None = None, backwards: bool = False, order: Order = "key", prefix: str = ""
    ) -> list[Version]:
        """List up to `limit` records behind `after`; `prefix` narrows the order by key only.

        A page by cursor is fast where the state was opened for that order.
        """
        if order == "cursor":
            return list(islice(self._by_cursor(after, backwards=backwards), limit))
        return list(islice(self._by_key(after, backwards=backwards, prefix=prefix), limit))

    def scan(self, prefix: str = "") -> Iterator[Version]:
        """List every record in the order of its key, in bounded memory."""
        return self._by_key(None, backwards=False, prefix=prefix)

    def live_keys(self, prefix: str = "") -> Iterator[str]:
        """List the keys of all records in order, in bounded memory."""
        merged = heapq.merge(*(keys_only(reader, prefix) for reader in self.readers), key=itemgetter(0))
        last = None
        for key, change in merged:
            if key != last and change != DELETED:
                yield key
            last = key

    def count(self) -> int:
        """Count the records; a manifest tells the same number without reading anything."""
        return sum(1 for _ in self.live_keys())

    def _by_key(self, after: After | None, *, backwards: bool, prefix: str) -> Iterator[Version]:
        sources = (by_key(reader, after, backwards=backwards, prefix=prefix) for reader in self.readers)
        last = None
        for version in heapq.merge(*sources, key=key_order, reverse=backwards):
            if version.key != last and not version.deleted:
                yield version
            last = version.key

    def _by_cursor(self, after: After | None, *, backwards: bool) -> Iterator[Version]:
        sources = [self._newest_by_cursor(age, after, backwards=backwards) for age in range(len(self.readers))]
        return heapq.merge(*sources, key=cursor_order, reverse=backwards)

    def _newest_by_cursor(self, age: int, after: After | None, *, backwards: bool) -> Iterator[Version]:
        """List one index's rows by cursor, without deletions and what a newer index replaces."""
        newer = self.readers[:age]
        for version in by_cursor(self.readers[age], after, backwards=backwards):
            if not version.deleted and not any(reader.newest([version.key]) for reader in newer):
                yield version


def _opened(fetch: Callable[[], Path], cache_bytes: int) -> IndexReader:
    """Open an index as soon as it is fetched; again where another process took it out of the cache in between."""
    try:
        return IndexReader.open(fetch(), cache_bytes)
    except sqlite3.OperationalError:
        return IndexReader.open(fetch(), cache_bytes)
