"""Copy one file's content from the vendor into the account's blobs, checked against all that the vendor says of it."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import msgspec

from chalicelib.archive.layout import blob_key
from chalicelib.archive.objects import Objects
from chalicelib.backup.means import Session
from chalicelib.connectors.checksums import Checksum, hasher
from chalicelib.connectors.connector import Content, Promised
from chalicelib.errors import SkippableError
from chalicelib.telemetry import logger

TRIES = 2
SPARE_BYTES = 64 * 1024 * 1024


class Copied(msgspec.Struct, frozen=True):
    """The line that is kept of a copied content; `checked_against` names what of the vendor's it was compared with."""

    key: str
    sha256: str
    size_bytes: int
    blob: str
    checked_against: list[str]


@dataclass(frozen=True, slots=True)
class Copier:
    """Copies contents for one account; `make_room` is asked before so many bytes go to the disk."""

    session: Session
    content: Content
    data: Objects
    account_id: str
    make_room: Callable[[int], None]

    def copy(self, fingerprint: str, line: bytes, *, mend: bool = False) -> Copied:
        """Copy the content behind a record's line; `mend` also where a copy is there whose bytes may be damaged.

        A content that does not match is fetched once more, since it may have changed while it was read. Raises
        SkippableError where it does not match then either, or cannot be had for good; BackupError for what may pass.
        """
        for attempt in range(1, TRIES + 1):
            with TemporaryDirectory(prefix="content-") as directory:
                path = Path(directory, "content")
                taken, promised = self._fetched(line, path)
                wrong = self._difference(taken, promised)
                if not wrong:
                    return self._kept(fingerprint, promised, path, taken, mend=mend)
            if attempt == TRIES:
                raise SkippableError(f"its bytes are not what the vendor says: {wrong}", there=True)
        raise AssertionError

    def _fetched(self, line: bytes, path: Path) -> tuple["Taken", Promised]:
        size = self.content.size(line)
        self.make_room((size or 0) + SPARE_BYTES)
        if size is not None and size + SPARE_BYTES > shutil.disk_usage(path.parent).free:
            too_large = f"its {size} bytes do not fit on the worker's disk; a Lambda has at most 10 GiB"
            raise SkippableError(too_large, there=True)
        headers, pieces = self.session.download(self.content.locate(self.session.fetch, line))
        with path.open("wb") as file:
            taken = _take(pieces, file, self.content.checksum)
        return taken, self._promised(headers, line)

    def _promised(self, headers: Mapping[str, str], line: bytes) -> Promised:
        """Tell what the vendor says of the bytes: with the record, else as it sends them."""
        size, expected, sent = (
            self.content.size(line),
            self.content.expected(line),
            self.content.promised(headers, line),
        )
        return Promised(
            size=sent.size if size is None else size,
            checksum=sent.checksum if expected is None else expected,
            not_these=sent.not_these,
        )

    def _difference(self, taken: "Taken", promised: Promised) -> str:
        size, expected = promised.size, promised.checksum
        if size is not None and size != taken.size_bytes:
            return f"{taken.size_bytes} bytes instead of {size}"
        if expected is not None and taken.checksum is not None and expected.lower() != taken.checksum:
            return f"the {self.content.checksum} checksum is {taken.checksum} instead of {expected}"
        return promised.not_these

    def _kept(self, fingerprint: str, promised: Promised, path: Path, taken: "Taken", *, mend: bool) -> Copied:
        key = blob_key(self.account_id, taken.sha256)
        if mend or not self.data.put_file_once(key, path, sha256=taken.sha256):
            logger.warning("a content is written again where its copy is damaged", extra={"object": key})
            self.data.replace_damaged(key, path, sha256=taken.sha256)
        compared = {"size": promised.size, str(self.content.checksum): promised.checksum}
        against = [name for name, told in compared.items() if told is not None]
        return Copied(fingerprint, taken.sha256, taken.size_bytes, key, against)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was computed of a content while its bytes came."""

    size_bytes: int
    sha256: str
    checksum: str | None


def _take(pieces: Iterator[bytes], file: BinaryIO, checksum: Checksum | None) -> Taken:
    ours, theirs, size = sha256(), hasher(checksum) if checksum else None, 0
    for piece in pieces:
        ours.update(piece)
        if theirs is not None:
            theirs.update(piece)
        file.write(piece)
        size += len(piece)
    return Taken(size, ours.hexdigest(), theirs.hexdigest() if theirs else None)
