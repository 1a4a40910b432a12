"""The cache of indexes: bounded, shared, and never wrong."""

from concurrent.futures import ThreadPoolExecutor
from errno import ENOSPC
from pathlib import Path
from threading import Barrier

import pytest

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.manifest import IndexRef
from chalicelib.archive.state import State
from chalicelib.errors import DamagedObjectError
from tests.archive.memory import MemoryObjects
from tests.archive.vendor import ROOT, Archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive whose newest state takes several indexes."""
    archive = Archive(tmp_path / "machine")
    world: dict[str, int] = {}
    for number in range(3):
        world |= {f"{key:03d}": number for key in range(100 // 4**number)}
        archive.back_up(world)
    assert len(chain(archive)) == 3
    return archive


def chain(archive: Archive) -> list[IndexRef]:
    return archive.sealed[-1].manifest.streams["contacts"].chain


def files(cache: IndexCache) -> list[Path]:
    return sorted(cache.directory.iterdir())


def test_an_index_is_downloaded_once(archive: Archive, tmp_path: Path) -> None:
    cache, ref = IndexCache(tmp_path / "cache"), chain(archive)[0]
    path = cache.fetch(archive.objects, ROOT, ref)

    assert cache.fetch(MemoryObjects(), ROOT, ref) == path


class Counting(MemoryObjects):
    """A bucket that counts its answers."""

    answers = 0

    def get(self, key: str) -> bytes:
        """Give an object's bytes."""
        self.answers += 1
        return super().get(key)


def test_threads_that_want_the_same_index_have_it_downloaded_once(archive: Archive, tmp_path: Path) -> None:
    objects, cache, ref = Counting(archive.objects.bodies), IndexCache(tmp_path / "cache"), chain(archive)[0]
    together = Barrier(8)

    def fetch(_number: int) -> Path:
        together.wait(timeout=20)
        return cache.fetch(objects, ROOT, ref)

    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(fetch, range(8)))

    assert (len(paths), objects.answers) == (1, 1)


def test_the_longest_unused_indexes_make_room(archive: Archive, tmp_path: Path) -> None:
    refs = chain(archive)
    cache = IndexCache(tmp_path / "cache", max_bytes=2 * max(ref.raw_bytes for ref in refs))
    for ref in refs:
        cache.fetch(archive.objects, ROOT, ref)

    assert [path.stem for path in files(cache)] == sorted(ref.sha256 for ref in refs[1:])


class Disk:
    """A disk of a certain size, of which others than the cache use some."""

    def __init__(self, size: int, used_by_others: int = 0) -> None:
        self.size, self.used_by_others = size, used_by_others

    def free_bytes(self, directory: Path) -> int:
        """Tell what is left of it."""
        return self.size - self.used_by_others - sum(file.stat().st_size for file in directory.iterdir())


def test_what_others_use_of_the_disk_is_room_that_the_cache_does_not_have(archive: Archive, tmp_path: Path) -> None:
    refs = chain(archive)
    disk = Disk(sum(ref.raw_bytes for ref in refs))
    cache = IndexCache(tmp_path / "cache", free_bytes=disk.free_bytes)
    for ref in refs[:2]:
        cache.fetch(archive.objects, ROOT, ref)
    disk.used_by_others = refs[0].raw_bytes
    cache.fetch(archive.objects, ROOT, refs[2])

    assert [path.stem for path in files(cache)] == sorted(ref.sha256 for ref in refs[1:])


def test_what_is_pinned_does_not_go_for_room_that_this_would_not_make(archive: Archive, tmp_path: Path) -> None:
    refs = chain(archive)
    cache = IndexCache(tmp_path / "cache", free_bytes=Disk(0).free_bytes)
    cache.pin(archive.objects, ROOT, refs[0], tmp_path)
    for ref in refs[1:]:
        cache.fetch(archive.objects, ROOT, ref)

    assert [path.stem for path in files(cache)] == sorted(ref.sha256 for ref in (refs[0], refs[2]))


def test_what_a_killed_process_was_making_goes_first(archive: Archive, tmp_path: Path) -> None:
    refs = chain(archive)
    cache = IndexCache(tmp_path / "cache", max_bytes=sum(ref.raw_bytes for ref in refs))
    cache.directory.mkdir()
    (cache.directory / "half.making").write_bytes(b"half")
    for ref in refs:
        cache.fetch(archive.objects, ROOT, ref)

    assert [path.stem for path in files(cache)] == sorted(ref.sha256 for ref in refs)


class Pressing(MemoryObjects):
    """A bucket during whose answers others need all the room there is."""

    cache: IndexCache

    def get(self, key: str) -> bytes:
        """Give an object's bytes."""
        self.cache.make_room(self.cache.max_bytes)
        return super().get(key)


def test_what_is_being_made_does_not_go(archive: Archive, tmp_path: Path) -> None:
    objects, cache = Pressing(archive.objects.bodies), IndexCache(tmp_path / "cache")
    objects.cache = cache

    assert [cache.fetch(objects, ROOT, chain(archive)[0])] == files(cache)


class FullAtFirst(MemoryObjects):
    """A bucket whose first downloads fill up the disk."""

    full = 1

    def get(self, key: str) -> bytes:
        """Give an object's bytes, once somebody has made room for them."""
        if self.full:
            self.full -= 1
            raise OSError(ENOSPC, "No space left on device")
        return super().get(key)


def test_an_index_is_fetched_as_long_as_there_is_another_that_can_go(archive: Archive, tmp_path: Path) -> None:
    objects, cache, refs = FullAtFirst(archive.objects.bodies), IndexCache(tmp_path / "cache"), chain(archive)
    cache.fetch(archive.objects, ROOT, refs[0])

    assert [cache.fetch(objects, ROOT, refs[1])] == files(cache)


def test_a_disk_that_others_have_filled_is_told(archive: Archive, tmp_path: Path) -> None:
    objects, cache = FullAtFirst(archive.objects.bodies), IndexCache(tmp_path / "cache")

    objects.full = 2

    with pytest.raises(OSError, match="No space left"):
        cache.fetch(objects, ROOT, chain(archive)[0])
    assert files(cache) == []


def test_a_state_is_readable_though_the_cache_is_too_small_for_it(archive: Archive, tmp_path: Path) -> None:
    state = State.open(archive.objects, IndexCache(tmp_path / "cache", max_bytes=1), ROOT, chain(archive))

    assert state.count() == 100
    assert len(state.known([f"{key:03d}" for key in range(100)])) == 100
    state.close()


def test_a_snapshot_is_sealed_though_the_cache_is_too_small_for_it(archive: Archive) -> None:
    archive.max_cache_bytes = 1
    sealed = archive.back_up({f"{key:03d}": 9 for key in range(60)})

    assert sealed.manifest.totals.live == 60
    assert sealed.manifest.streams["contacts"].merged is not None


class Flipping(MemoryObjects):
    """A bucket that damages its first answers on the way."""

    left = 0

    def get(self, key: str) -> bytes:
        """Give an object's bytes, damaged as long as there is damage left to do."""
        body = super().get(key)
        if self.left == 0:
            return body
        self.left -= 1
        return bytes([body[0] ^ 1]) + body[1:]


def test_f20_an_index_damaged_on_the_way_is_downloaded_again(archive: Archive, tmp_path: Path) -> None:
    objects, cache = Flipping(archive.objects.bodies), IndexCache(tmp_path / "cache")
    objects.left = 1

    assert cache.fetch(objects, ROOT, chain(archive)[0]).exists()


def test_f20_an_index_that_stays_damaged_is_never_used(archive: Archive, tmp_path: Path) -> None:
    objects, cache = Flipping(archive.objects.bodies), IndexCache(tmp_path / "cache")
    objects.left = 99

    with pytest.raises(DamagedObjectError):
        cache.fetch(objects, ROOT, chain(archive)[0])
    assert files(cache) == []


def test_an_index_is_sorted_by_cursor_though_room_for_that_is_only_where_itself_was(
    archive: Archive, tmp_path: Path
) -> None:
    refs = chain(archive)
    cache = IndexCache(tmp_path / "cache", max_bytes=2 * refs[0].raw_bytes)

    state = State.open(archive.objects, cache, ROOT, refs, "cursor")

    assert len(state.page(200, order="cursor")) == 100
    state.close()


def test_an_index_sorted_by_cursor_is_made_on_the_machine(archive: Archive, tmp_path: Path) -> None:
    cache, ref = IndexCache(tmp_path / "cache"), chain(archive)[0]
    path = cache.fetch_by_cursor(archive.objects, ROOT, ref)

    assert cache.fetch_by_cursor(MemoryObjects(), ROOT, ref) == path
    assert path != cache.fetch(MemoryObjects(), ROOT, ref)
