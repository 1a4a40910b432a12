"""History: the versions of one record, newest first, each naming the snapshot that holds the one before."""

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.index import Version
from chalicelib.archive.layout import MANIFEST
from chalicelib.archive.objects import Objects
from chalicelib.archive.seal import read_sealed
from chalicelib.archive.state import State


def history(
    objects: Objects, cache: IndexCache, root: str, stream: str, key: str, *, directory: str | None, limit: int
) -> list[Version]:
    """List up to `limit` versions of a record, deletions included, from the one that came in `directory`'s snapshot.

    Start with `State.version(key).directory`, go on with the last one's `prior_directory`; None is the end. It ends
    early where an older snapshot is no longer there.
    """
    found: list[Version] = []
    while directory is not None and len(found) < limit:
        version = version_in(objects, cache, root, stream, key, directory)
        if version is None:
            break
        found.append(version)
        directory = version.prior_directory
    return found


def version_in(objects: Objects, cache: IndexCache, root: str, stream: str, key: str, directory: str) -> Version | None:
    """Find the version of a record that came in one snapshot; None where that brought none, or is no longer there."""
    sealed = read_sealed(objects, root, f"{directory}/{MANIFEST}")
    own = sealed.manifest.streams[stream].index if sealed and stream in sealed.manifest.streams else None
    if own is None:
        return None
    state = State.open(objects, cache, root, [own])
    try:
        return state.version(key)
    finally:
        state.close()
