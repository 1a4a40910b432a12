"""Verify a job's snapshot: read back every object of it and some file contents, and only then call it verified."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from chalicelib.archive.manifest import decode_manifest
from chalicelib.archive.verify import Finding, verify
from chalicelib.backup import checkpoints
from chalicelib.backup.covered import Covered, last_covered
from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.parents import root_of
from chalicelib.backup.rereading import Rereading
from chalicelib.backup.run import Run
from chalicelib.domain.rotation import next_share
from chalicelib.errors import ConflictError, DamagedObjectError, FatalError, RetryableError
from chalicelib.store.snapshots import DAMAGED, DAMAGED_CONTENT, Snapshot
from chalicelib.telemetry import count, logger

MOST_TOLD = 20


def verify_snapshot(run: Run, means: Means, deadline: Deadline) -> None:
    """Mark the snapshot as verified, or as damaged; either is the same after a repeat.

    It is only as good as what it stands on: the snapshots before it that never were verified are so first, the oldest
    first. A damaged object keeps the next job from building on its snapshot and on those that stand on that; a damaged
    file content has it copied anew. Raises DamagedObjectError naming what is not as it was stored, CancelledError where
    the job has ended, RetryableError where another attempt is at it.
    """
    checkpoints.running(run)
    snapshot = Snapshot.fetch(account_id=run.account_id, source_id=run.source_id, snapshot_id=run.snapshot_id)
    if snapshot is None:
        raise FatalError("there is no snapshot to verify; it has to be sealed first")
    if snapshot.verified:
        return
    row = _unverified(snapshot)
    for number, one in enumerate(row):
        _stop_at_damage(row[number:], _lasting(_reread_objects(run, one, means)), DAMAGED, means)
        if one is not snapshot:
            _change(one, means, verified=True, verified_at=means.clock.now())
    covered, found = _reread_contents(run, snapshot, means, deadline)
    _stop_at_damage([snapshot], _lasting(found), DAMAGED_CONTENT, means, covered)
    _change(snapshot, means, verified=True, verified_at=means.clock.now(), contents=_kept(covered))
    _count(covered, damaged=False)


def _unverified(snapshot: Snapshot) -> list[Snapshot]:
    """List the snapshot and those below it whose objects were not all found whole, the oldest first."""
    row = [snapshot]
    while (before := row[-1].previous()) is not None and not (before.verified or before.tells_of(DAMAGED_CONTENT)):
        row.append(before)
    return row[::-1]


def _reread_objects(run: Run, snapshot: Snapshot, means: Means) -> list[Finding]:
    scratch = Path(tempfile.gettempdir(), "verify")
    key, digest = snapshot.manifest, snapshot.manifest_sha256
    return verify(means.data, means.macs, means.cache, root_of(run), key, digest, scratch)


def _reread_contents(
    run: Run, snapshot: Snapshot, means: Means, deadline: Deadline
) -> tuple[Covered | None, list[Finding]]:
    manifest = decode_manifest(means.data.get(root_of(run) + snapshot.manifest)).manifest
    rereading = Rereading(manifest, root_of(run), means, deadline)
    if not rereading.streams:
        return None, []
    last = last_covered(run, snapshot.previous_id)
    elapsed = snapshot.taken_at - (last.at or snapshot.taken_at)
    share = next_share(last.covered.start + last.covered.width, last.covered.behind, elapsed)
    return rereading.run(last.covered, share), rereading.found


def _lasting(found: Iterable[Finding]) -> list[Finding]:
    """Log what was found; give what was wrong twice."""
    lasting = []
    for finding in found:
        logger.warning("verify found something", extra={"object": finding.object, "what": finding.what})
        if finding.lasting:
            lasting.append(finding)
    return lasting


def _stop_at_damage(
    row: Sequence[Snapshot], lasting: Sequence[Finding], what: str, means: Means, covered: Covered | None = None
) -> None:
    """Mark the first of the row, which is damaged, and those that stand on it, the newest first: what is built on."""
    if not lasting:
        return
    told = [f"{finding.object}: {finding.what}" for finding in lasting[:MOST_TOLD]]
    damage = [{"stream": "", "what": what, "detail": detail} for detail in told]
    for snapshot in reversed(row):
        kept = [anomaly for anomaly in snapshot.anomalies if anomaly["what"] not in {DAMAGED, DAMAGED_CONTENT}]
        _change(snapshot, means, status="suspect", anomalies=[*kept, *damage], contents=_kept(covered))
    _count(covered, damaged=True)
    raise DamagedObjectError(f"the snapshot is not as it was sealed: {'; '.join(told)}")


def _change(snapshot: Snapshot, means: Means, **fields: Any) -> None:  # noqa: ANN401  the item's own attributes
    try:
        snapshot.change(now=means.clock.now(), **fields)
    except ConflictError as moved:
        raise RetryableError(f"another attempt is verifying {snapshot.snapshot_id}; try again") from moved


def _count(covered: Covered | None, *, damaged: bool) -> None:
    count("SnapshotsVerified", not damaged)
    count("SnapshotsDamaged", damaged)
    if covered is not None:
        count("ContentsReread", covered.objects)
        count("BytesReread", covered.size_bytes)


def _kept(covered: Covered | None) -> object:
    return msgspec.to_builtins(covered) if covered is not None else None
