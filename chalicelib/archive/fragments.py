"""Fragments: what one part added to a stream, kept in the job's workspace until the snapshot is sealed.

A fragment is written right after its part and before the checkpoint, so that seal need not read parts again.
"""

from array import array

import msgspec
import zstandard
from msgspec import Struct, field

from chalicelib.archive.frames import Frame, offsets
from chalicelib.archive.heads import Cursor
from chalicelib.archive.manifest import PartRef
from chalicelib.archive.pages import HASH_BYTES
from chalicelib.errors import FatalError

VERSION = 1
ADDED, CHANGED, DELETED = 0, 1, 2


Places = tuple[list[int], list[int], "array[int]"]


class Fragment(Struct, frozen=True, kw_only=True):
    """One part's rows as columns, and what else was learnt while it was read.

    `hashes`, `lengths` and `changes` are packed: 16 bytes, a native unsigned 32-bit number, one byte per row. `priors`
    are the snapshots of the rows' previous versions (None: there is none in the whole fragment), `parents` the lengths
    of the parents' keys. `pages` are, per page, the ends of its rows, seen and deleted keys: they keep the order of
    what was read.
    """

    version: int = VERSION
    part: PartRef | None = None
    quarantine: PartRef | None = None
    frames: list[Frame] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    hashes: bytes = b""
    cursors: list[Cursor] = field(default_factory=list)
    lengths: bytes = b""
    changes: bytes = b""
    priors: list[str | None] | None = None
    parents: list[int] | None = None
    seen: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)
    pages: list[tuple[int, int, int]] = field(default_factory=list)
    duplicates: int = 0

    def hash_column(self) -> list[bytearray]:
        """Cut the hashes; sqlite3 binds a bytearray in half the time of bytes, which it tries to adapt first."""
        packed = bytearray(self.hashes)
        return [packed[start : start + HASH_BYTES] for start in range(0, len(packed), HASH_BYTES)]

    def place_columns(self) -> Places:
        """Tell of each row its frame's number in the part, its offset in the raw frame, and its length."""
        lengths = array("I", self.lengths)
        numbers: list[int] = []
        starts: list[int] = []
        for number, frame in enumerate(self.frames):
            numbers += [number] * frame.lines
            starts += offsets(lengths[len(starts) : len(starts) + frame.lines])
            starts.pop()
        return numbers, starts, lengths


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Fragment)


def encode_fragment(fragment: Fragment) -> bytes:
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(_ENCODER.encode(fragment))


def decode_fragment(body: bytes) -> Fragment:
    """Read a fragment; raises FatalError for one that another version of this program wrote or that is damaged."""
    try:
        fragment = _DECODER.decode(zstandard.ZstdDecompressor().decompress(body))
    except (msgspec.DecodeError, zstandard.ZstdError) as error:
        raise FatalError(f"a fragment of this job cannot be read ({error}): start the backup again") from error
    if fragment.version != VERSION:
        raise FatalError(f"a fragment is of version {fragment.version}, not {VERSION}: start the backup again")
    return fragment
