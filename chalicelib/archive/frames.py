"""Frames: independent zstd frames of about 256 KiB of lines, so that one ranged read gives one record."""

from collections.abc import Iterable, Iterator
from itertools import accumulate

import zstandard
from msgspec import Struct

from chalicelib.errors import DamagedObjectError

FRAME_BYTES = 256 * 1024
# Level 1 with tables that stay in a core's own cache: the same ratio for the records we know, in a tenth less time.
_PARAMETERS = zstandard.ZstdCompressionParameters.from_level(
    1, window_log=18, hash_log=13, write_checksum=True, write_content_size=True
)


class Frame(Struct, frozen=True, array_like=True):
    """A frame within a part: where its compressed bytes are, how many raw bytes and lines they hold."""

    offset: int
    size: int
    raw: int
    lines: int


def new_compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(compression_params=_PARAMETERS)


def beginning_of(frame: bytes, length: int, where: str) -> bytes:
    """Decompress the first `length` raw bytes of a frame, for whoever has a hash of what is in them.

    Raises DamagedObjectError naming `where` the frame is from.
    """
    try:
        with zstandard.ZstdDecompressor().stream_reader(frame) as reader:
            raw = reader.read(length)
    except zstandard.ZstdError as error:
        raise DamagedObjectError(f"{where}: {error}; verify the source, then restore the object's version") from error
    if len(raw) != length:
        raise DamagedObjectError(f"{where}: a frame is too short; verify the source, then restore the object's version")
    return raw


def split_frames(pieces: Iterable[bytes], where: str) -> Iterator[tuple[Frame, bytes]]:
    """Walk through the frames of an object read in pieces, each with its raw bytes; holds one frame at a time.

    Raises DamagedObjectError where the object is not a series of whole frames.
    """
    offset, decompressor, raw = 0, zstandard.ZstdDecompressor().decompressobj(), bytearray()
    taken = 0
    for piece in pieces:
        rest = piece
        while rest:
            try:
                raw += decompressor.decompress(rest)
            except zstandard.ZstdError as error:
                raise DamagedObjectError(f"{where}: {error}; restore the object's version") from error
            unused = decompressor.unused_data if decompressor.eof else b""
            taken += len(rest) - len(unused)
            rest = unused
            if decompressor.eof:
                yield Frame(offset, taken, len(raw), raw.count(b"\n")), bytes(raw)
                offset, taken = offset + taken, 0
                decompressor, raw = zstandard.ZstdDecompressor().decompressobj(), bytearray()
    if taken:
        raise DamagedObjectError(f"{where}: the object ends within a frame; restore the object's version")


def lines_of(raw: bytes, where: str) -> list[bytes]:
    """Cut a frame's raw bytes into lines; raises DamagedObjectError where the last one does not end."""
    if not raw.endswith(b"\n"):
        raise DamagedObjectError(f"{where}: a frame does not end with a line; restore the object's version")
    return raw[:-1].split(b"\n")


def offsets(lengths: Iterable[int]) -> Iterator[int]:
    """Tell where each line begins in its frame, and then where the frame ends."""
    return accumulate((length + 1 for length in lengths), initial=0)
