"""The cache of blocks: what was read of parts lately, in memory, so that a page's neighbours need not be asked for."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

# Four or more frames each: a stream's records are in few enough of them that the first pages bring most.
BLOCK_BYTES = 256 * 1024
LOCKS = 64

Block = tuple[str, int]


class Ranges(Protocol):
    """Objects that can be read in pieces."""

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes from `start`; fewer where the object ends."""


@dataclass(frozen=True, slots=True)
class BlockCache:
    """Reads ranges of objects that never change, from blocks that several threads may share.

    The longest unused blocks go once together they exceed `max_bytes`.
    """

    objects: Ranges
    max_bytes: int = 256 * 1024 * 1024
    _blocks: OrderedDict[Block, bytes] = field(default_factory=OrderedDict)
    _reading: list[Lock] = field(default_factory=lambda: [Lock() for _ in range(LOCKS)])
    _changing: Lock = field(default_factory=Lock)

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes from `start`, fewer where the object ends; a range longer than a block is not kept."""
        if length > BLOCK_BYTES:
            return self.objects.get_range(key, start, length)
        first, last = start // BLOCK_BYTES, (start + length - 1) // BLOCK_BYTES
        blocks = [self._block((key, number)) for number in range(first, last + 1)]
        begin = start - first * BLOCK_BYTES
        return b"".join(blocks)[begin : begin + length]

    def forget(self) -> None:
        """Read everything anew: for whoever met damage, which may have been mended since."""
        with self._changing:
            self._blocks.clear()

    def _block(self, block: Block) -> bytes:
        with self._reading[hash(block) % LOCKS]:
            found = self._found(block)
            if found is None:
                found = self.objects.get_range(block[0], block[1] * BLOCK_BYTES, BLOCK_BYTES)
                self._keep(block, found)
            return found

    def _found(self, block: Block) -> bytes | None:
        with self._changing:
            found = self._blocks.get(block)
            if found is not None:
                self._blocks.move_to_end(block)
            return found

    def _keep(self, block: Block, body: bytes) -> None:
        with self._changing:
            self._blocks[block] = body
            while len(self._blocks) * BLOCK_BYTES > self.max_bytes:
                self._blocks.popitem(last=False)
