"""What an operator does to the archive by hand: `python -m operations.archive COMMAND STAGE ACCOUNT SOURCE`.

It needs the rights of the Verify Lambda (read the data bucket, check codes by the manifests' key), and to put back an
index those of Seal to write; it writes nothing over anything.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.layout import MANIFEST, source_root
from chalicelib.archive.macs import Macs, read_genuine
from chalicelib.archive.manifest import Sealed
from chalicelib.archive.rebuild import rebuild, restore_index
from chalicelib.archive.verify import Verifier
from chalicelib.aws import clients
from chalicelib.aws.macs import KmsMacs
from chalicelib.aws.objects import S3Objects
from chalicelib.errors import FatalError


@dataclass(frozen=True, slots=True)
class Kept:
    """One source's archive; `root` begins the keys of its objects."""

    objects: S3Objects
    macs: Macs
    root: str

    @classmethod
    def of(cls, stage: str, account: str, source: str) -> "Kept":
        """Find it by the names that the core stack gives."""
        objects = S3Objects(clients.s3(), f"listbackup-data-{stage}")
        return cls(objects, KmsMacs(clients.kms, f"alias/listbackup-{stage}-manifests"), source_root(account, source))

    def newest(self) -> str:
        """Find the newest manifest's key, below the root; raises FatalError where there is none."""
        found = [key for key in self.objects.list(self.root) if key.endswith(f"/{MANIFEST}")]
        if not found:
            raise FatalError(f"there is no snapshot below {self.root}: check the stage, the account and the source")
        return max(found).removeprefix(self.root)

    def snapshots(self) -> Iterator[Sealed]:
        """Read the manifests, newest first, each as the one after it names it."""
        key: str | None = self.newest()
        while key is not None:
            sealed = read_genuine(self.objects, self.macs, self.root + key)
            yield sealed
            key = sealed.manifest.previous.key if sealed.manifest.previous else None


def verified(kept: Kept, scratch: Path) -> Iterator[str]:
    """Read every object of every snapshot again; tells each snapshot, or what is wrong with which of its objects."""
    verifier = Verifier(kept.objects, kept.macs, IndexCache(scratch / "indexes"), kept.root, scratch / "verify")
    for sealed in kept.snapshots():
        found = verifier.verify(sealed.manifest.key, sealed.sha256, lambda _seconds: True).found
        yield from (f"{one.object}: {one.what}" for one in found if one.lasting)
        if not any(one.lasting for one in found):
            yield f"{sealed.manifest.snapshot} is whole"


def restored(kept: Kept, scratch: Path) -> Iterator[str]:
    """Make indexes anew from the parts and put back those that are lost; tells which."""
    snapshots = [sealed.manifest for sealed in kept.snapshots()][::-1]
    keys = [manifest.key for manifest in snapshots]
    for number, stream in enumerate(sorted({name for manifest in snapshots for name in manifest.streams})):
        room = scratch / str(number)
        room.mkdir()
        for rebuilt in rebuild(kept.objects, kept.macs, kept.root, keys, stream, room):
            if not kept.objects.exists(kept.root + rebuilt.ref.key):
                restore_index(kept.objects, kept.root, rebuilt)
                yield f"{rebuilt.ref.key} is put back"


def main(words: Sequence[str] | None = None) -> None:
    """Do what the command line says; ends non-zero where a snapshot is not whole."""
    parser = argparse.ArgumentParser(prog="python -m operations.archive", description=__doc__)
    parser.add_argument("command", choices=["verify", "restore-index"])
    parser.add_argument("stage")
    parser.add_argument("account")
    parser.add_argument("source")
    given = parser.parse_args(words)
    kept, whole = Kept.of(given.stage, given.account, given.source), True
    with TemporaryDirectory(prefix="archive-") as directory:
        tell = verified if given.command == "verify" else restored
        try:
            for line in tell(kept, Path(directory)):
                whole = whole and line.endswith(("is whole", "is put back"))
                print(line, flush=True)
        except FatalError as met:
            sys.exit(str(met))
    sys.exit(not whole)


if __name__ == "__main__":
    main()
