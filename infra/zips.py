"""Zip files that are the same, byte for byte, whenever their contents are: a deployment skips what has not changed."""

import zipfile
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = {"__pycache__", ".DS_Store"}


def files_under(root: Path, *names: str) -> dict[str, bytes]:
    """Read files, and folders whole, by their names below `root`."""
    paths = (path for name in names for path in _files(root / name))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def zipped(contents: Mapping[str, bytes], executable: Iterable[str] = ()) -> bytes:
    """Pack contents in the order of their names, all of one date."""
    runs = set(executable)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name in runs else 0o100644) << 16
            archive.writestr(entry, contents[name], compresslevel=6)
    return packed.getvalue()


def unzipped(packed: bytes) -> dict[str, bytes]:
    """Read everything in a zip file."""
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    return (file for file in path.rglob("*") if file.is_file() and not _LEFT_OUT.intersection(file.parts))
