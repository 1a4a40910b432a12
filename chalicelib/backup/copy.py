"""Copy a lane of batches of file contents, as far as the deadline allows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from msgspec import Raw

from chalicelib.backup import checkpoints, files, planning
from chalicelib.backup.asking import Asked
from chalicelib.backup.contents import Copier
from chalicelib.backup.crew import Work
from chalicelib.backup.files import File
from chalicelib.backup.lanes import lane_of, worked
from chalicelib.backup.means import Deadline, Means, Session
from chalicelib.backup.others import Kept, Others
from chalicelib.backup.plan import Lane
from chalicelib.backup.previous import sealed_before
from chalicelib.backup.read import KnownKeys, SliceReader
from chalicelib.backup.run import LaneTask, Progress, SliceTask
from chalicelib.backup.shares import Shares, share_of
from chalicelib.backup.slices import place_of, state_before
from chalicelib.backup.vendor import session_for
from chalicelib.connectors.connector import Deletes, Fetch, Page, Position, Reading, Skipped, Stream
from chalicelib.errors import BackupError, FatalError, LostLeaseError, SkippableError
from chalicelib.store.checkpoints import Checkpoint

LEAST_SECONDS = 120
MOST_WAITS = 8
"""For one file: some two minutes, lest it keeps hundreds behind it from being copied for hours."""


def copy_lane(task: LaneTask, means: Means, deadline: Deadline) -> Progress:
    """Copy a lane's batches on from their checkpoints, as far as the deadline allows; nothing more of an overdue job.

    Raises CancelledError where the job has ended, RetryableError where the same call may succeed later.
    """
    if checkpoints.overdue(checkpoints.running(task), means.clock.now()):
        return task.turned(Progress(done=True))
    beside = files.lanes(files.load(task, means))
    mine = lane_of(task, beside)
    return task.turned(worked(mine, _copying(task, beside, means, deadline), means, deadline, LEAST_SECONDS))


@contextmanager
def _copying(task: LaneTask, beside: Sequence[Lane], means: Means, deadline: Deadline) -> Iterator[Work]:
    with session_for(task, means, share=share_of(task, beside)) as session:
        yield lambda one: _copied(one, Ground(beside, session, means, deadline))


@dataclass(frozen=True, slots=True)
class Ground:
    """What all batches of a lane stand on: the lanes beside it, and the session with the vendor."""

    beside: Sequence[Lane]
    session: Session
    means: Means
    deadline: Deadline


def _copied(one: SliceTask, ground: Ground) -> Progress:
    try:
        checkpoint = checkpoints.claim(one, ground.means.clock.now())
        return Progress(done=True) if checkpoint.done else _copy(one, ground, checkpoint)
    except LostLeaseError:
        return Progress(done=False)


def _copy(one: SliceTask, ground: Ground, checkpoint: Checkpoint) -> Progress:
    means, session, deadline = ground.means, ground.session.beside(), ground.deadline
    batch = files.Batch(files.content_of(one.stream), one.slice)
    content = means.connector(one.platform).stream(batch.stream).content
    if content is None:
        raise FatalError(f"{one.platform} has no files behind {batch.stream}; this batch is not of this version")
    wanted = files.files_of(one, batch, means)
    shares = Shares(one, ground.beside, session, deadline.monotonic, deadline.monotonic())
    copier = Copier(session, content, means.data, one.account_id, means.cache.make_room)
    copying = Copying(copier, wanted, shares, Kept(one, batch.stream, means.temp))
    with _known(one, wanted, means) as known:
        return SliceReader(
            task=one,
            means=means,
            deadline=deadline,
            stream=CONTENTS,
            place=place_of(one, one.stream, one.slice),
            session=session,
            ask=copying,
            known=known,
            checkpoint=checkpoint,
            least_seconds=LEAST_SECONDS,
            most_waits=MOST_WAITS,
            instead=copying.without,
        ).run()


@contextmanager
def _known(task: SliceTask, wanted: Sequence[File], means: Means) -> Iterator[KnownKeys]:
    """Give what the snapshot before has of the contents wanted: nothing, but for those that are mended."""
    if not any(file.mend for file in wanted):
        yield lambda _keys: {}
        return
    sealed = sealed_before(task, planning.load(task, means).previous, means.data)
    with state_before(task, means, sealed.manifest if sealed else None, task.stream) as state:
        yield state.known if state else lambda _keys: {}


@dataclass(frozen=True, slots=True)
class Copying:
    """Copies one file after the other, each a page of one line: what was copied of it, or why it could not be.

    A content that cannot be had by one record is asked for by `others` that have the same: a position is {"file": how
    many are done with}, and of one that was refused "other": how many were tried instead, and whether it is "there".
    """

    copier: Copier
    files: list[File]
    shares: Shares
    others: Callable[[str], Others]

    def __call__(self, position: Position | None) -> Asked:
        self.shares.adjust()
        here = position or {"file": 0}
        number = here["file"]
        if number >= len(self.files):
            return Asked(Page(records=(), next=None))
        file = self.files[number]
        try:
            copied = self.copier.copy(file.fingerprint, self._line(here), mend=file.mend)
        except (SkippableError, FatalError) as refused:
            return self.without(position, refused)
        return Asked(Page(records=[Raw(msgspec.json.encode(copied))], next=self._further(number)))

    def without(self, position: Position | None, refused: BackupError) -> Asked:
        """Try the next record with the content; go on behind a file of which there is none.

        Only what the vendor keeps to itself for good, or has no more, by every record that has it, is not missing.
        """
        here = position or {"file": 0}
        file, tried = self.files[here["file"]], here.get("other", 0)
        there = here.get("there", False) or not isinstance(refused, SkippableError) or refused.there
        others = self.others(file.fingerprint)
        if tried < len(others.lines):
            return Asked(Page(records=(), next={"file": here["file"], "other": tried + 1, "there": there}))
        skipped = Skipped(file.fingerprint, str(refused), there or others.more)
        return Asked(Page(records=(), next=self._further(here["file"]), skipped=[skipped]))

    def _line(self, here: Position) -> bytes:
        file, tried = self.files[here["file"]], here.get("other", 0)
        return bytes(self.others(file.fingerprint).lines[tried - 1] if tried else file.line)

    def _further(self, number: int) -> Position | None:
        return {"file": number + 1} if number + 1 < len(self.files) else None


def _never(_fetch: Fetch, _reading: Reading, _position: Position | None) -> Page:
    raise FatalError("contents are copied, not listed")


CONTENTS = Stream("content", full=_never, deletes=Deletes("never"), key=files.KEY, not_restorable_because="copied")
