"""The snapshot a job builds on: what it left of each stream, and how old that is."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from chalicelib.archive.layout import source_root
from chalicelib.archive.macs import read_genuine
from chalicelib.archive.manifest import Manifest, Previous, Sealed, decode_manifest
from chalicelib.archive.objects import Objects
from chalicelib.archive.owed import owed_by
from chalicelib.backup.declared import Declared, declared_in
from chalicelib.backup.means import Means
from chalicelib.backup.plan import Before
from chalicelib.backup.run import Run
from chalicelib.errors import DamagedObjectError, MissingObjectError
from chalicelib.telemetry import count, logger


class Since(msgspec.Struct, frozen=True):
    """What a manifest keeps as a stream's `since`: where to read on, when it was last read whole and listed whole.

    `declared` is how it was declared then; older manifests do not say.
    """

    position: Any = None
    read_at: datetime | None = None
    swept_at: datetime | None = None
    declared: Declared | None = None


class Newest(NamedTuple):
    """A source's newest manifest, or (`refused`) why it is none that can be built on; neither where it has none yet."""

    sealed: Sealed | None = None
    refused: str | None = None


def newest(run: Run, key: str | None, means: Means) -> Newest:
    """Read the newest manifest, by its key below the source's root, and make sure that a seal has written it there.

    Raises FatalError where it is genuine and still cannot be read: by a version that is older than it.
    """
    if key is None:
        return Newest()
    try:
        return Newest(read_genuine(means.data, means.macs, source_root(run.account_id, run.source_id) + key))
    except (MissingObjectError, DamagedObjectError) as not_there:
        logger.warning("the newest manifest is refused", extra={"reason": str(not_there)})
        count("ManifestsRefused")
        return Newest(refused=str(not_there))


def sealed_before(run: Run, previous: Previous | None, data: Objects) -> Sealed | None:
    """Read again the manifest that the plan was made on; raises DamagedObjectError where it is another by now."""
    if previous is None:
        return None
    key = source_root(run.account_id, run.source_id) + previous.key
    sealed = decode_manifest(data.get(key))
    if sealed.sha256 != previous.sha256:
        raise DamagedObjectError(f"{key} is not what the job was planned on: restore the object's version")
    return sealed


def before(manifest: Manifest | None, stream: str) -> Before | None:
    """Tell how the previous snapshot left a stream; None where it has none of it."""
    kept = manifest.streams.get(stream) if manifest else None
    if manifest is None or kept is None:
        return None
    since = since_of(kept.since)
    return Before(
        since=since.position,
        read_at=since.read_at,
        swept_at=since.swept_at,
        live=kept.live,
        complete=kept.status == "complete",
        owing=bool(owed_by(kept)),
        declared=since.declared or declared_in(manifest, stream),
    )


def since_of(kept: Any) -> Since:  # noqa: ANN401  whatever JSON is in the manifest
    """Read a manifest's `since`; a stream that never was whole has none."""
    return Since() if kept is None else msgspec.convert(kept, Since)
