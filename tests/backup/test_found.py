"""What a job has found out of a stream is gathered once, and read by all of a lane's readers."""

from array import array
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from chalicelib.archive.fragments import Fragment
from chalicelib.archive.frames import Frame
from chalicelib.archive.manifest import PartRef
from chalicelib.backup.found import FoundOf

READERS = 8
KEYS = [f"cus_{number:04d}" for number in range(1_000)]


def fragment(keys: list[str]) -> Fragment:
    part = PartRef(key="part-00-00001", sha256="0" * 64, size_bytes=1, lines=len(keys), raw_bytes=1)
    lengths = array("I", [10] * len(keys)).tobytes()
    pages = [(len(keys), 0, 0)]
    return Fragment(part=part, frames=[Frame(0, 1, 1, len(keys))], keys=keys, lengths=lengths, pages=pages)


class Fragments:
    """The fragments of all streams, counted as they are asked for."""

    def __init__(self, *failures: Exception) -> None:
        self.asked: list[str] = []
        self.failures = list(failures)

    def __call__(self, stream: str) -> Iterator[Fragment]:
        self.asked.append(stream)
        yield fragment(KEYS)
        if self.failures:
            raise self.failures.pop()


def test_a_parent_stream_is_gathered_once_for_all_readers_of_its_children() -> None:
    fragments, together = Fragments(), Barrier(READERS)

    def read(_number: int) -> list[str]:
        together.wait(timeout=20)
        found = found_of.stream("customers")
        return [key for key, _ in found.stored() if found.kinds([key]) == {key: 0}]

    with closing(FoundOf(fragments)) as found_of, ThreadPoolExecutor(READERS) as pool:
        read_by_each = list(pool.map(read, range(READERS)))

    assert read_by_each == [KEYS] * READERS
    assert fragments.asked == ["customers"]


def test_what_could_not_be_gathered_is_gathered_for_the_next_who_asks() -> None:
    fragments = Fragments(ConnectionError())

    with closing(FoundOf(fragments)) as found:
        with pytest.raises(ConnectionError):
            found.stream("customers")

        assert len(list(found.stream("customers").stored())) == len(KEYS)


def test_nothing_of_it_stays_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with closing(FoundOf(Fragments())) as found:
        found.stream("customers")

    assert list(tmp_path.iterdir()) == []
