"""Publishing what seal derives: indexes, deletions, checksums. Each is written once, under the first free name."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import zstandard

from chalicelib.archive.layout import attempt_name
from chalicelib.archive.manifest import IndexRef, PartRef, Ref
from chalicelib.archive.objects import Objects
from chalicelib.archive.parts import Body
from chalicelib.errors import FatalError

_ATTEMPTS = 100
_LEVEL = 1
_READ_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Publisher:
    """Writes below one source's root. What a seal that never ended left under a name is let be."""

    objects: Objects
    root: str

    def text(self, directory: str, name: str, body: bytes) -> Ref:
        digest = sha256(body).hexdigest()
        key = self._put(directory, name, lambda key: self.objects.put_once(key, body, sha256=digest))
        return Ref(key=key, sha256=digest, size_bytes=len(body))

    def lines(self, directory: str, name: str, body: Body) -> PartRef:
        put = self.objects.put_once
        return body.ref(self._put(directory, name, lambda key: put(key, body.data, sha256=body.sha256)))

    def index(self, directory: str, name: str, path: Path, *, rows: int, since: str, until: str) -> IndexRef:
        """Compress an index file beside itself and write it."""
        packed = path.with_suffix(".zst")
        digest = pack(path, packed)
        key = self._put(directory, name, lambda key: self.objects.put_file_once(key, packed, sha256=digest))
        size, raw = packed.stat().st_size, path.stat().st_size
        packed.unlink()
        return IndexRef(key=key, sha256=digest, size_bytes=size, rows=rows, raw_bytes=raw, since=since, until=until)

    def _put(self, directory: str, name: str, put: Callable[[str], bool]) -> str:
        for attempt in range(1, _ATTEMPTS + 1):
            key = f"{directory}/{attempt_name(name, attempt)}"
            if put(self.root + key):
                return key
        raise FatalError(f"{_ATTEMPTS} names like {name} are taken in {directory}: start the backup again")


def pack(path: Path, packed: Path) -> str:
    """Compress an index file to another in bounded memory; returns the other's SHA-256."""
    digest = sha256()
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compressobj(path.stat().st_size)
    with path.open("rb") as source, packed.open("wb") as target:
        while piece := source.read(_READ_BYTES):
            _write(target.write, digest.update, compressor.compress(piece))
        _write(target.write, digest.update, compressor.flush())
    return digest.hexdigest()


def _write(write: Callable[[bytes], object], update: Callable[[bytes], object], piece: bytes) -> None:
    write(piece)
    update(piece)
