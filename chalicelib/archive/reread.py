"""Reading parts again: frame after frame, with the keys and hashes computed anew from the lines."""

from collections.abc import Iterable, Iterator

from msgspec import Raw

from chalicelib.archive.frames import Frame, lines_of, split_frames
from chalicelib.archive.heads import heads
from chalicelib.archive.lines import strip
from chalicelib.archive.manifest import StreamManifest
from chalicelib.archive.pages import Lines, read_page
from chalicelib.errors import DamagedObjectError


def reread(pieces: Iterable[bytes], where: str, stream: StreamManifest) -> Iterator[tuple[Frame, Lines]]:
    """Read a part's frames in order, holding one at a time; raises DamagedObjectError for what is none."""
    for frame, raw in split_frames(pieces, where):
        lines = lines_of(raw, where)
        page = _page(lines, where, stream)
        if page.quarantined or list(map(bytes, page.lines)) != lines:
            raise DamagedObjectError(f"{where}: a line is not a record of its stream: restore the object's version")
        yield frame, page


def _page(lines: list[bytes], where: str, stream: StreamManifest) -> Lines:
    head = heads(stream.key_path, stream.cursor_path)
    if not stream.under_parents:
        return read_page(list(map(Raw, lines)), head)
    try:
        stripped = list(map(strip, lines))
    except ValueError as error:
        raise DamagedObjectError(f"{where}: {error}: restore the object's version") from error
    return read_page([Raw(line) for _, line in stripped], head, [parent for parent, _ in stripped])
