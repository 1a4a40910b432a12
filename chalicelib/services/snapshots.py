"""Snapshots: which there are, and what their manifests say."""

from collections.abc import Iterator
from itertools import chain

from chalicelib.archive.layout import source_root
from chalicelib.archive.manifest import Manifest
from chalicelib.archive.seal import read_sealed
from chalicelib.errors import DamagedObjectError, NotFoundError
from chalicelib.services import sources
from chalicelib.services.reading import Archive
from chalicelib.store.snapshots import Snapshot


def get(account_id: str, source_id: str, snapshot_id: str) -> Snapshot:
    """Find a snapshot of the account's source; raises NotFoundError."""
    found = Snapshot.fetch(account_id=account_id, source_id=source_id, snapshot_id=snapshot_id)
    if found is None:
        raise NotFoundError("there is no such snapshot")
    return found


def newest(account_id: str, source_id: str) -> Snapshot:
    """Find a source's newest snapshot; raises NotFoundError where it has none."""
    found = next(listed(account_id, source_id, None), None)
    if found is None:
        raise NotFoundError("the source has no snapshot yet")
    return found


def listed(account_id: str, source_id: str, after: str | None) -> Iterator[Snapshot]:
    """Read a source's snapshots, newest first; raises NotFoundError where there is no such source."""
    begun = Snapshot.SK.format(source_id=source_id, snapshot_id=after) if after else None
    found = Snapshot.within(account_id=account_id, source_id=source_id, backwards=True, after=begun)
    first = next(found, None)
    if first is None:
        sources.get(account_id, source_id)
        return iter(())
    return chain([first], found)


def root(snapshot: Snapshot) -> str:
    """Name what begins the keys of the snapshot's objects."""
    return source_root(snapshot.account_id, snapshot.source_id)


def manifest(archive: Archive, snapshot: Snapshot) -> Manifest:
    """Read a snapshot's manifest; raises DamagedObjectError where it is not the one that was sealed."""
    begins = root(snapshot)
    sealed = read_sealed(archive.objects, begins, snapshot.manifest.removeprefix(begins))
    if sealed is None or sealed.sha256 != snapshot.manifest_sha256:
        raise DamagedObjectError(f"the manifest of {snapshot.snapshot_id} is not the one that was sealed")
    return sealed.manifest
