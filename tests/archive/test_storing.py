"""Storing parts: frames of bounded size, names used once, and never another worker's fragment replaced."""

import tracemalloc

import msgspec
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from chalicelib.archive.changes import changes_of
from chalicelib.archive.fragments import decode_fragment
from chalicelib.archive.frames import FRAME_BYTES, split_frames
from chalicelib.archive.heads import heads
from chalicelib.archive.pages import read_page
from chalicelib.archive.parts import LineWriter
from chalicelib.archive.store import Slice, store_part
from chalicelib.archive.writer import Closed, PartWriter
from tests.archive.memory import MemoryObjects
from tests.archive.vendor import record

PLACE = Slice("root/", "2026-11-23/snp_1", "acc_1", "job_1", "contacts", "00")


def closed(*records: bytes, seen: int = 0) -> Closed:
    writer = PartWriter()
    writer.add_page(changes_of(read_page([Raw(it) for it in records], heads("id", None)), {}))
    writer._seen += ["seen"] * seen
    return writer.close()


@given(st.lists(st.integers(0, 3 * FRAME_BYTES // 2), max_size=5), st.integers(1, 3))
def test_frames_hold_whole_lines_and_about_a_mebibyte(lengths: list[int], at_once: int) -> None:
    lines = [bytes([97 + number]) * length for number, length in enumerate(lengths)]
    writer = LineWriter()
    for start in range(0, len(lines), at_once):
        writer.add(lines[start : start + at_once])
    body = writer.finish()
    if body is None:
        assert lines == []
        return

    frames = list(split_frames([body.data], "part"))
    assert b"".join(raw for _, raw in frames) == b"".join(line + b"\n" for line in lines)
    assert [frame for frame, _ in frames] == body.frames
    assert all(raw.count(b"\n") == 1 or len(raw) <= FRAME_BYTES + 1 for _, raw in frames)


def test_each_frame_is_readable_alone_and_all_together_with_plain_zstd() -> None:
    body = closed(*[record(str(number), "x" * 1000) for number in range(3000)]).part
    assert body is not None

    assert len(body.frames) > 1
    last = body.frames[-1]
    alone = zstandard.ZstdDecompressor().decompress(body.data[last.offset : last.offset + last.size])
    whole = zstandard.ZstdDecompressor().stream_reader(body.data, read_across_frames=True).read()
    assert whole.endswith(alone)


def test_a_writer_does_not_hold_on_to_the_answers_it_read() -> None:
    writer = PartWriter()
    tracemalloc.start()
    for number in range(20):
        answer = b'[{"id":"%d"},"%s"]' % (number, b"x" * 1024 * 1024)
        records = msgspec.json.decode(answer, type=list[Raw])[:1]
        writer.add_page(changes_of(read_page(records, heads("id", None)), {}))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 3 * 1024 * 1024


def test_f2_the_same_part_again_is_the_same_part() -> None:
    data, temp = MemoryObjects(), MemoryObjects()

    stored = [store_part(data, temp, PLACE, closed(record("a", 1)), 1) for _ in range(2)]

    assert stored[0] == stored[1]
    assert len(data.bodies) == len(temp.bodies) == 1


def test_a_part_of_a_crashed_attempt_is_let_be() -> None:
    data, temp = MemoryObjects(), MemoryObjects()
    store_part(data, temp, PLACE, closed(record("a", 1)), 1)

    stored = store_part(data, temp, PLACE, closed(record("a", 2)), 1)

    assert (stored.number, stored.part) == (2, "part-00-00002.jsonl.zst")
    assert len(data.bodies) == 2


def test_f9_a_slower_worker_does_not_replace_a_fragment_without_a_part() -> None:
    data, temp = MemoryObjects(), MemoryObjects()
    fast = store_part(data, temp, PLACE, closed(seen=5), 1)

    slow = store_part(data, temp, PLACE, closed(seen=2), 1)

    assert len(decode_fragment(temp.get(fast.fragment)).seen) == 5
    assert slow.number == 2
