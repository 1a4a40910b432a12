"""Verify a job's snapshot: read back every object of it and some file contents, and only then call it verified."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

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
from chalicelib.errors import DamagedObjectError, FatalError
from chalicelib.store.endings import DAMAGED, DAMAGED_CONTENT
from chalicelib.store.snapshots import Snapshot
from chalicelib.telemetry import count, logger

MOST_TOLD = 20


def verify_snapshot(run: Run, means: Means, deadline: Deadline) -> None:
    """Mark the snapshot as verified, or as damaged; either is the same after a repeat.

    A damaged object of its own keeps the next job from building on it; a damaged file content has it copied anew.
    Raises DamagedObjectError naming what is not as it was stored, CancelledError where the job has ended.
    """
    checkpoints.running(run)
    snapshot = Snapshot.fetch(account_id=run.account_id, source_id=run.source_id, snapshot_id=run.snapshot_id)
    if snapshot is None:
        raise FatalError("there is no snapshot to verify; it has to be sealed first")
    if snapshot.verified:
        return
    _stop_at_damage(snapshot, _lasting(_reread_objects(run, snapshot, means)), DAMAGED, means, None)
    covered, found = _reread_contents(run, snapshot, means, deadline)
    _stop_at_damage(snapshot, _lasting(found), DAMAGED_CONTENT, means, covered)
    now = means.clock.now()
    snapshot.change(now=now, verified=True, verified_at=now, contents=_kept(covered))
    _count(covered, damaged=False)


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
    snapshot: Snapshot, lasting: list[Finding], what: str, means: Means, covered: Covered | None
) -> None:
    if not lasting:
        return
    told = [f"{finding.object}: {finding.what}" for finding in lasting[:MOST_TOLD]]
    kept = [anomaly for anomaly in snapshot.anomalies if anomaly["what"] not in {DAMAGED, DAMAGED_CONTENT}]
    damage = [{"stream": "", "what": what, "detail": detail} for detail in told]
    now = means.clock.now()
    snapshot.change(now=now, status="suspect", anomalies=[*kept, *damage], contents=_kept(covered))
    _count(covered, damaged=True)
    raise DamagedObjectError(f"the snapshot is not as it was sealed: {'; '.join(told)}")


def _count(covered: Covered | None, *, damaged: bool) -> None:
    count("SnapshotsVerified", not damaged)
    count("SnapshotsDamaged", damaged)
    if covered is not None:
        count("ContentsReread", covered.objects)
        count("BytesReread", covered.size_bytes)


def _kept(covered: Covered | None) -> object:
    return msgspec.to_builtins(covered) if covered is not None else None
