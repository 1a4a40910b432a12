"""Objects of lines: parts, and whatever else the archive keeps as compressed JSON Lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice

import zstandard

from chalicelib.archive.frames import FRAME_BYTES, Frame, new_compressor
from chalicelib.archive.manifest import PartRef


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a finished object of lines, ready to be stored."""

    data: bytes
    sha256: str
    lines: int
    raw_bytes: int
    frames: list[Frame]

    def ref(self, key: str) -> PartRef:
        """Refer to the object once it is stored under `key`, below the source's root."""
        size = len(self.data)
        return PartRef(key=key, sha256=self.sha256, size_bytes=size, lines=self.lines, raw_bytes=self.raw_bytes)


@dataclass(slots=True)
class LineWriter:
    """Gathers lines into frames; holds the object compressed, and at most one frame and one page of lines raw."""

    raw_bytes: int = 0
    frames: list[Frame] = field(default_factory=list)
    _blocks: list[bytes] = field(default_factory=list)
    _size: int = 0
    _pending: list[bytes] = field(default_factory=list)
    _pending_lines: int = 0
    _pending_bytes: int = 0
    _compressor: zstandard.ZstdCompressor = field(default_factory=new_compressor)

    def add(self, lines: Sequence[bytes]) -> None:
        """Take lines in; each without its line end."""
        raw = sum(map(len, lines)) + len(lines)
        self.raw_bytes += raw
        if raw > FRAME_BYTES:
            self._add_singly(lines)
            return
        if self._pending_bytes + raw > FRAME_BYTES:
            self._flush()
        self._take(lines, raw)

    def finish(self) -> Body | None:
        """Close the object; None where there was no line. The writer is of no further use."""
        self._flush()
        if not self.frames:
            return None
        data = b"".join(self._blocks)
        return Body(
            data, sha256(data).hexdigest(), sum(frame.lines for frame in self.frames), self.raw_bytes, self.frames
        )

    def _add_singly(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            if self._pending and self._pending_bytes + len(line) >= FRAME_BYTES:
                self._flush()
            self._take([line], len(line) + 1)

    def _take(self, lines: Sequence[bytes], raw: int) -> None:
        """Copy lines into the frame; a Raw, held on to, would hold its whole page in memory."""
        if lines:
            self._pending.append(b"\n".join(lines))
            self._pending_lines += len(lines)
            self._pending_bytes += raw

    def _flush(self) -> None:
        if not self._pending:
            return
        block = self._compressor.compress(b"\n".join([*self._pending, b""]))
        self.frames.append(Frame(self._size, len(block), self._pending_bytes, self._pending_lines))
        self._blocks.append(block)
        self._size += len(block)
        self._pending, self._pending_lines, self._pending_bytes = [], 0, 0


def body_of(lines: Iterable[bytes]) -> Body | None:
    """Put lines into one object, a thousand at a time; None where there are none."""
    writer, rest = LineWriter(), iter(lines)
    while some := list(islice(rest, 1000)):
        writer.add(some)
    return writer.finish()
