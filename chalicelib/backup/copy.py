"""Copy one batch of file contents, as far as the deadline allows."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

import msgspec
from msgspec import Raw

from chalicelib.backup import checkpoints, files, planning
from chalicelib.backup.asking import Asked
from chalicelib.backup.contents import Copier
from chalicelib.backup.files import Batch, File, content_stream
from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.previous import sealed_before
from chalicelib.backup.read import KnownKeys, SliceReader
from chalicelib.backup.run import BatchTask, Progress, SliceTask
from chalicelib.backup.shares import Shares, share_of
from chalicelib.backup.slices import place_of, state_before
from chalicelib.backup.vendor import session_for
from chalicelib.connectors.connector import Deletes, Fetch, Page, Position, Reading, Skipped, Stream
from chalicelib.errors import FatalError, LostLeaseError, ReauthorizeError, SkippableError
from chalicelib.store.checkpoints import Checkpoint

LEAST_SECONDS = 120


def copy_batch(task: BatchTask, means: Means, deadline: Deadline) -> Progress:
    """Copy a batch on from its checkpoint until it ends or the deadline nears.

    Raises CancelledError where the job has ended, RetryableError where the same call may succeed later.
    """
    checkpoints.running(task)
    one = _as_slice(task)
    try:
        checkpoint = checkpoints.claim(one, means.clock.now())
        return Progress(done=True) if checkpoint.done else _copied(task, one, means, deadline, checkpoint)
    except LostLeaseError:
        return Progress(done=False)


def _copied(task: BatchTask, one: SliceTask, means: Means, deadline: Deadline, checkpoint: Checkpoint) -> Progress:
    try:
        return _copy(task, one, means, deadline, checkpoint)
    except ReauthorizeError as refused:
        if not checkpoint.done:
            checkpoints.fail(checkpoint, "failed", str(refused), means.clock.now())
        return Progress(done=True)


def _as_slice(task: BatchTask) -> SliceTask:
    given = {name: getattr(task, name) for name in task.__struct_fields__ if name not in {"stream", "batch"}}
    return SliceTask(**given, stream=content_stream(task.stream), slice=task.batch)


def _copy(task: BatchTask, one: SliceTask, means: Means, deadline: Deadline, checkpoint: Checkpoint) -> Progress:
    content = means.connector(task.platform).stream(task.stream).content
    if content is None:
        raise FatalError(f"{task.platform} has no files behind {task.stream}; this batch is not of this version")
    beside = [((content_stream(batch.stream), batch.batch),) for batch in files.load(task, means)]
    wanted = files.files_of(task, Batch(task.stream, task.batch), means)
    session = session_for(task, means, share=share_of(task, beside))
    with closing(session), _known(task, one.stream, wanted, means) as known:
        return SliceReader(
            task=one,
            means=means,
            deadline=deadline,
            stream=CONTENTS,
            place=place_of(one, one.stream, one.slice),
            session=session,
            ask=Copying(Copier(session, content, means.data, task.account_id), wanted),
            known=known,
            checkpoint=checkpoint,
            shares=Shares(task, beside, session, deadline.monotonic, deadline.monotonic()),
            least_seconds=LEAST_SECONDS,
        ).run()


@contextmanager
def _known(task: BatchTask, stream: str, wanted: Sequence[File], means: Means) -> Iterator[KnownKeys]:
    """Give what the snapshot before has of the contents wanted: nothing, but for those that are mended."""
    if not any(file.mend for file in wanted):
        yield lambda _keys: {}
        return
    sealed = sealed_before(task, planning.load(task, means).previous, means.data)
    with state_before(task, means, sealed.manifest if sealed else None, stream) as state:
        yield state.known if state else lambda _keys: {}


@dataclass(frozen=True, slots=True)
class Copying:
    """Copies one file after the other, each a page of one line: what was copied of it, or why it could not be."""

    copier: Copier
    files: list[File]

    def __call__(self, position: Position | None) -> Asked:
        number = position["file"] if position else 0
        further = {"file": number + 1} if number + 1 < len(self.files) else None
        if number >= len(self.files):
            return Asked(Page(records=(), next=None))
        file = self.files[number]
        try:
            copied = self.copier.copy(file.fingerprint, bytes(file.line), mend=file.mend)
        except (SkippableError, FatalError) as refused:
            return Asked(Page(records=(), next=further, skipped=[Skipped(file.fingerprint, str(refused))]))
        return Asked(Page(records=[Raw(msgspec.json.encode(copied))], next=further))


def _never(_fetch: Fetch, _reading: Reading, _position: Position | None) -> Page:
    raise FatalError("contents are copied, not listed")


CONTENTS = Stream("content", full=_never, deletes=Deletes("never"), key=files.KEY, not_restorable_because="copied")
