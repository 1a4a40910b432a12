"""The cache of indexes: each is downloaded, checked and decompressed once per machine."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import BinaryIO, TypeVar

import zstandard

from chalicelib.archive.manifest import IndexRef
from chalicelib.archive.objects import Objects
from chalicelib.archive.room import free_bytes, hold, is_abandoned, is_full
from chalicelib.errors import DamagedObjectError, RetryableError
from chalicelib.telemetry import logger

_ATTEMPTS = 3
_MAKING = ".making"
_COPIED_BYTES = 1024 * 1024
LOCKS = 16
BY_CURSOR = "CREATE INDEX versions_cursor ON versions (cursor, key)"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IndexCache:
    """Decompressed indexes by their SHA-256, in a directory that several processes may share, and threads.

    The longest unused ones go where the disk has no room for another, as `free_bytes` tells, or together they would
    exceed `max_bytes`. A file that is open stays readable until closed, one that is pinned stays where it is.
    """

    directory: Path
    max_bytes: int = 8 * 1024 * 1024 * 1024
    free_bytes: Callable[[Path], int] = free_bytes
    _locks: list[Lock] = field(default_factory=lambda: [Lock() for _ in range(LOCKS)])

    def fetch(self, objects: Objects, root: str, ref: IndexRef) -> Path:
        """Give the path of an index file; raises DamagedObjectError where the object is not what the manifest says."""
        return self._made(f"{ref.sha256}.sqlite", ref.raw_bytes, lambda path: _download(objects, root, ref, path))

    def pin(self, objects: Objects, root: str, ref: IndexRef, directory: Path) -> Path:
        """Give an index file a name of its own in `directory`: it stays there whatever the cache needs room for."""
        pinned = directory / f"{ref.sha256}.pinned"
        with suppress(FileExistsError):
            self._held(objects, root, ref, pinned.hardlink_to)
        return pinned

    def fetch_by_cursor(self, objects: Objects, root: str, ref: IndexRef) -> Path:
        """Give the path of the same index with its rows sorted by cursor too: made where needed, never stored."""
        path = self.directory / f"{ref.sha256}.cursor.sqlite"
        if _used(path):
            return path
        with self._held(objects, root, ref, lambda plain: plain.open("rb")) as source:
            return self._made(path.name, 2 * ref.raw_bytes, lambda path: _sort_by_cursor(source, path))

    def make_room(self, size: int) -> None:
        """Let the longest unused go until there is room for `size` bytes, or nothing left that may go."""
        files = self._unpinned()
        total = sum(stat.st_size for stat, _ in files)
        for stat, path in files:
            if total + size <= self.max_bytes and size <= self.free_bytes(self.directory):
                return
            path.unlink(missing_ok=True)
            total -= stat.st_size

    def with_room(self, work: Callable[[], T], what: str) -> T:
        """Do what needs the disk for `what`; once more where that was full, with all the room the cache can make."""
        try:
            return work()
        except (OSError, sqlite3.Error) as met:
            if not is_full(met):
                raise
        logger.warning("the disk is full; the cache is cleared", extra={"what": what})
        for _, path in self._unpinned():
            path.unlink(missing_ok=True)
        return work()

    def _held(self, objects: Objects, root: str, ref: IndexRef, take: Callable[[Path], T]) -> T:
        """Take hold of an index, so that what needs room cannot take it away; again where it was faster."""
        for _ in range(_ATTEMPTS):
            with suppress(FileNotFoundError):
                return take(self.fetch(objects, root, ref))
        raise RetryableError(f"the cache has no room for {ref.key}")

    def _made(self, name: str, size: int, make: Callable[[Path], None]) -> Path:
        path = self.directory / name
        with self._locks[hash(name) % LOCKS]:
            if not _used(path):
                self._make(path, size, make)
        return path

    def _make(self, path: Path, size: int, make: Callable[[Path], None]) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.make_room(size)
        self.with_room(lambda: self._put(path, make), path.name)

    def _put(self, path: Path, make: Callable[[Path], None]) -> None:
        handle, name = tempfile.mkstemp(dir=self.directory, suffix=_MAKING)
        try:
            hold(handle)
            make(Path(name))
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
            os.close(handle)

    def _unpinned(self) -> list[tuple[os.stat_result, Path]]:
        """List what may go, the longest unused first; to remove what is pinned would give no room.

        Of unfinished files these are the ones whose makers were killed.
        """
        left = [path for path in self.directory.glob(f"*{_MAKING}") if is_abandoned(path)]
        found = []
        for path in (*left, *self.directory.glob("*.sqlite")):
            with suppress(FileNotFoundError):
                found.append((path.stat(), path))
        return sorted(((stat, path) for stat, path in found if stat.st_nlink == 1), key=lambda it: it[0].st_mtime)


def _used(path: Path) -> bool:
    """Note that a file is in use; False where there is none."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def download_index(objects: Objects, root: str, ref: IndexRef, path: Path) -> None:
    """Download and decompress an index; raises DamagedObjectError where it is not what the manifest says."""
    digest, decompressor = sha256(), zstandard.ZstdDecompressor().decompressobj()
    try:
        with path.open("wb") as file:
            for piece in objects.read(root + ref.key):
                digest.update(piece)
                file.write(decompressor.decompress(piece))
    except zstandard.ZstdError as error:
        raise _damaged(ref) from error
    if digest.hexdigest() != ref.sha256 or path.stat().st_size != ref.raw_bytes:
        raise _damaged(ref)


def _download(objects: Objects, root: str, ref: IndexRef, path: Path) -> None:
    try:
        download_index(objects, root, ref, path)
    except DamagedObjectError:
        download_index(objects, root, ref, path)


def _damaged(ref: IndexRef) -> DamagedObjectError:
    return DamagedObjectError(
        f"{ref.key} is not the index the manifest names: make it anew (python -m operations.archive restore-index)"
    )


def _sort_by_cursor(source: BinaryIO, path: Path) -> None:
    source.seek(0)
    with path.open("wb") as copy:
        shutil.copyfileobj(source, copy, _COPIED_BYTES)
    connection = sqlite3.connect(path)
    connection.executescript(f"PRAGMA journal_mode = off; PRAGMA synchronous = off; {BY_CURSOR};")
    connection.close()
