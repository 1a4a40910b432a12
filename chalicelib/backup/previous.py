"""The snapshot a job builds on: what it left of each stream, and how old that is."""

from datetime import datetime
from typing import Any

import msgspec

from chalicelib.archive.layout import source_root
from chalicelib.archive.manifest import Manifest, Sealed, decode_manifest
from chalicelib.archive.objects import Objects
from chalicelib.backup.plan import Before
from chalicelib.backup.run import Run


class Since(msgspec.Struct, frozen=True):
    """What a manifest keeps as a stream's `since`: where to read on, when it was last read whole and listed whole."""

    position: Any = None
    read_at: datetime | None = None
    swept_at: datetime | None = None


def sealed_before(run: Run, key: str | None, data: Objects) -> Sealed | None:
    """Read the manifest under a key below the source's root; None for a source that has no snapshot yet."""
    if key is None:
        return None
    return decode_manifest(data.get(source_root(run.account_id, run.source_id) + key))


def before(manifest: Manifest | None, stream: str) -> Before | None:
    """Tell how the previous snapshot left a stream; None where it has none of it."""
    kept = manifest.streams.get(stream) if manifest else None
    if kept is None:
        return None
    since = since_of(kept.since)
    return Before(since.position, since.read_at, since.swept_at, kept.live)


def since_of(kept: Any) -> Since:  # noqa: ANN401  whatever JSON is in the manifest
    """Read a manifest's `since`; a stream that never was whole has none."""
    return Since() if kept is None else msgspec.convert(kept, Since)
