"""Verify a job's snapshot: read back every object of it and some file contents, and only then call it verified.

What there is no time for is gone on with in another turn. Nothing that a turn has learnt is lost with it: damage and
snapshots found whole are in the table, how far the one under way has come is in the state machine.
"""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from chalicelib.archive.manifest import decode_manifest
from chalicelib.archive.verify import Finding, Verifier
from chalicelib.backup import checkpoints
from chalicelib.backup.covered import Covered, last_covered
from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.parents import root_of
from chalicelib.backup.rereading import ALL_SECONDS, RESERVE_SECONDS, Rereading
from chalicelib.backup.run import Progress, Run
from chalicelib.domain.rotation import next_share
from chalicelib.errors import ConflictError, DamagedObjectError, FatalError, RetryableError
from chalicelib.store.snapshots import DAMAGED, DAMAGED_CONTENT, Snapshot
from chalicelib.telemetry import count, logger

LEAST_SECONDS = 30
SHORT_SECONDS = 60
MOST_TURNS = 90
MOST_TOLD = 20


class Place(msgspec.Struct, frozen=True):
    """Where to go on: behind so many checks of a snapshot."""

    snapshot_id: str
    checked: int


class Verification(Progress, frozen=True):
    """How far verifying has come: to be gone on with at `next`, unless `done`."""

    next: Place | None = None


class VerifyTask(Run, frozen=True, kw_only=True):
    """A run whose snapshot is to be verified on: the turn before."""

    verification: Verification = Verification(done=False)


def verify_snapshot(task: VerifyTask, means: Means, deadline: Deadline) -> Verification:
    """Mark the snapshot as verified, or as damaged, in as many turns as it takes; each is the same after a repeat.

    It is only as good as what it stands on: the snapshots before it that never were verified are so first, the oldest
    first. A damaged object keeps the next job from building on its snapshot and on those that stand on that; a damaged
    file content has it copied anew. Raises DamagedObjectError naming what is not as it was stored, CancelledError where
    the job has ended, RetryableError where another attempt is at it.
    """
    checkpoints.running(task)
    snapshot = Snapshot.fetch(account_id=task.account_id, source_id=task.source_id, snapshot_id=task.snapshot_id)
    if snapshot is None:
        raise FatalError("there is no snapshot to verify; it has to be sealed first")
    turns = _counted(task.verification)
    left = None if snapshot.verified else Turn(task, means, deadline).verify(snapshot)
    return Verification(done=left is None, turns=turns, next=left)


def _counted(before: Verification) -> int:
    if before.turns >= MOST_TURNS:
        raise FatalError(f"not verified after {before.turns} turns; the next job verifies it, too")
    return before.turns + 1


@dataclass(slots=True)
class Turn:
    """One turn of verifying. Its first few checks are made however long they take, or it would get nowhere."""

    task: VerifyTask
    means: Means
    deadline: Deadline
    begun: bool = False
    begun_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.begun_at = self.deadline.monotonic()

    def verify(self, snapshot: Snapshot) -> Place | None:
        """Verify a snapshot and what it stands on, as far as there is time; tell where to go on."""
        row = _unverified(snapshot)
        for number, one in enumerate(row):
            place, done = self._reread_objects(row[number:])
            if not done:
                return place
            if one is not snapshot:
                self._change(one, verified=True, verified_at=self.means.clock.now())
        return self._reread_contents(snapshot, place)

    def _reread_objects(self, row: Sequence[Snapshot]) -> tuple[Place, bool]:
        """Read again the objects of the first of a row, the others of which stand on it."""
        one, begun = row[0], self.task.verification.next
        checked = begun.checked if begun is not None and begun.snapshot_id == one.snapshot_id else 0
        scratch = Path(tempfile.gettempdir(), "verify")
        verifier = Verifier(self.means.data, self.means.macs, self.means.cache, root_of(self.task), scratch)
        came = self.means.cache.with_room(
            lambda: verifier.verify(one.manifest, one.manifest_sha256, self._has_time, checked), "its largest index"
        )
        if damage := _lasting(came.found):
            for standing in reversed(row):
                known = [it["detail"] for it in standing.anomalies if it["what"] == DAMAGED]
                self._mark(standing, DAMAGED, [*known, *damage])
        if came.done and one.tells_of(DAMAGED):
            _stop_at_damage(one, DAMAGED)
        return Place(one.snapshot_id, came.checked), came.done

    def _reread_contents(self, snapshot: Snapshot, place: Place) -> Place | None:
        """Read contents again, and be done; in the next turn where they would have more time than in this one."""
        manifest = decode_manifest(self.means.data.get(root_of(self.task) + snapshot.manifest)).manifest
        rereading, covered = Rereading(manifest, root_of(self.task), self.means, self.deadline), None
        if rereading.streams:
            if not self._has_time_for_contents():
                return place
            covered = _reread(self.task, snapshot, rereading)
        if damage := _lasting(rereading.found):
            self._mark(snapshot, DAMAGED_CONTENT, damage, contents=_kept(covered))
            _stop_at_damage(snapshot, DAMAGED_CONTENT, covered)
        self._change(snapshot, verified=True, verified_at=self.means.clock.now(), contents=_kept(covered))
        _count(covered, damaged=False)
        return None

    def _has_time(self, seconds: float) -> bool:
        first, self.begun = not self.begun, True
        return first or not self.deadline.near(LEAST_SECONDS + seconds)

    def _has_time_for_contents(self) -> bool:
        spent = self.deadline.monotonic() - self.begun_at
        return spent < SHORT_SECONDS or not self.deadline.near(ALL_SECONDS + RESERVE_SECONDS)

    def _mark(self, snapshot: Snapshot, what: str, details: Sequence[str], **fields: Any) -> None:  # noqa: ANN401  its own
        """Tell of damage in a snapshot's list entry, once of each."""
        kept = [anomaly for anomaly in snapshot.anomalies if anomaly["what"] != what]
        damage = [{"stream": "", "what": what, "detail": it} for it in dict.fromkeys(details)]
        self._change(snapshot, status="suspect", anomalies=[*kept, *damage[:MOST_TOLD]], **fields)

    def _change(self, snapshot: Snapshot, **fields: Any) -> None:  # noqa: ANN401  the item's own attributes
        try:
            snapshot.change(now=self.means.clock.now(), **fields)
        except ConflictError as moved:
            raise RetryableError(f"another attempt is verifying {snapshot.snapshot_id}; try again") from moved


def _unverified(snapshot: Snapshot) -> list[Snapshot]:
    """List the snapshot and those below it whose objects were not all found whole, the oldest first."""
    row = [snapshot]
    while (before := row[-1].previous()) is not None and not (before.verified or before.tells_of(DAMAGED_CONTENT)):
        row.append(before)
    return row[::-1]


def _reread(run: Run, snapshot: Snapshot, rereading: Rereading) -> Covered:
    last = last_covered(run, snapshot.previous_id)
    elapsed = snapshot.taken_at - (last.at or snapshot.taken_at)
    share = next_share(last.covered.start + last.covered.width, last.covered.behind, elapsed)
    return rereading.run(last.covered, share)


def _lasting(found: Iterable[Finding]) -> list[str]:
    """Log what was found; tell what was wrong twice."""
    lasting = []
    for finding in found:
        logger.warning("verify found something", extra={"object": finding.object, "what": finding.what})
        if finding.lasting:
            lasting.append(f"{finding.object}: {finding.what}")
    return lasting


def _stop_at_damage(snapshot: Snapshot, what: str, covered: Covered | None = None) -> NoReturn:
    _count(covered, damaged=True)
    told = [anomaly["detail"] for anomaly in snapshot.anomalies if anomaly["what"] == what]
    raise DamagedObjectError(f"the snapshot is not as it was sealed: {'; '.join(told)}")


def _count(covered: Covered | None, *, damaged: bool) -> None:
    count("SnapshotsVerified", not damaged)
    count("SnapshotsDamaged", damaged)
    if covered is not None:
        count("ContentsReread", covered.objects)
        count("BytesReread", covered.size_bytes)


def _kept(covered: Covered | None) -> object:
    return msgspec.to_builtins(covered) if covered is not None else None
