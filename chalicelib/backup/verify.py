"""Verify a job's snapshot: read back every object of it and compare, and only then call it verified."""

import tempfile
from pathlib import Path

from chalicelib.archive.verify import Finding, verify
from chalicelib.backup import checkpoints
from chalicelib.backup.means import Means
from chalicelib.backup.parents import root_of
from chalicelib.backup.run import Run
from chalicelib.errors import DamagedObjectError, FatalError
from chalicelib.store.endings import DAMAGED
from chalicelib.store.snapshots import Snapshot
from chalicelib.telemetry import logger

MOST_TOLD = 20


def verify_snapshot(run: Run, means: Means) -> None:
    """Mark the snapshot as verified, or as damaged; either is the same after a repeat.

    Raises DamagedObjectError naming what is not as it was sealed, CancelledError where the job has ended.
    """
    checkpoints.running(run)
    snapshot = Snapshot.fetch(account_id=run.account_id, source_id=run.source_id, snapshot_id=run.snapshot_id)
    if snapshot is None:
        raise FatalError("there is no snapshot to verify; it has to be sealed first")
    if snapshot.verified:
        return
    found = verify(
        means.data,
        means.macs,
        means.cache,
        root_of(run),
        snapshot.manifest,
        snapshot.manifest_sha256,
        Path(tempfile.gettempdir(), "verify"),
    )
    for finding in found:
        logger.warning("verify found something", extra={"object": finding.object, "what": finding.what})
    _mark(snapshot, [finding for finding in found if finding.lasting], means)


def _mark(snapshot: Snapshot, lasting: list[Finding], means: Means) -> None:
    now = means.clock.now()
    if not lasting:
        snapshot.change(now=now, verified=True, verified_at=now)
        return
    told = [f"{finding.object}: {finding.what}" for finding in lasting[:MOST_TOLD]]
    damage = [{"stream": "", "what": DAMAGED, "detail": detail} for detail in told]
    snapshot.change(now=now, status="suspect", anomalies=[*snapshot.anomalies, *damage])
    raise DamagedObjectError(f"the snapshot is not as it was sealed: {'; '.join(told)}")
