"""Read one slice, with all it takes: its parents, the state before, and the ground its lane stands on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from chalicelib.archive.layout import snapshot_directory
from chalicelib.archive.manifest import Manifest
from chalicelib.archive.state import State
from chalicelib.archive.store import Slice
from chalicelib.aws.failures import is_transient
from chalicelib.backup import checkpoints
from chalicelib.backup.asking import Asked, ChildrenOf, plain
from chalicelib.backup.found import FoundOf
from chalicelib.backup.means import Deadline, Means, Session
from chalicelib.backup.parents import Parents, root_of
from chalicelib.backup.plan import Plan, SlicePlan
from chalicelib.backup.read import SliceReader
from chalicelib.backup.run import Progress, Run, SliceTask
from chalicelib.backup.unsaved import Unsaved
from chalicelib.connectors.connector import Children, Position, Reading, Stream
from chalicelib.errors import BackupError, CancelledError, LostLeaseError, ReauthorizeError, RetryableError
from chalicelib.ids import created_at
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.telemetry import logger, place_met

STATES_BYTES = 96 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ground:
    """What all slices of a lane stand on: the job's plan, the snapshot before, what was found of the levels above.

    They share one session, the memory and the disk.
    """

    means: Means
    plan: Plan
    manifest: Manifest | None
    session: Session
    found: FoundOf
    readers: int
    unsaved: Unsaved = field(default_factory=Unsaved)


def read_slice(task: SliceTask, ground: Ground, deadline: Deadline) -> Progress:
    """Read a slice on from its checkpoint until it ends or the deadline nears; what it alone meets ends it as failed.

    Raises what ends the others, too: CancelledError where the job has ended, ReauthorizeError where the vendor no
    longer takes the connection, and whatever says that AWS is out of reach.
    """
    try:
        checkpoint = checkpoints.claim(task, ground.means.clock.now())
        return Progress(done=True) if checkpoint.done else _read(task, ground, deadline, checkpoint)
    except LostLeaseError:
        return Progress(done=False)
    except (CancelledError, ReauthorizeError, RetryableError):
        raise
    except Exception as met:
        if is_transient(met):
            raise
        return _failed(task, met, ground.means)


def _failed(task: SliceTask, met: Exception, means: Means) -> Progress:
    """End a slice for what it met, telling where."""
    logger.error("a slice failed", extra={"stream": task.stream, "slice": task.slice, **place_met(met)})
    of_ours = f"reading it ended with {type(met).__name__}; see its processor's log"
    reason = str(met) if isinstance(met, BackupError) else of_ours
    checkpoints.give_up([task], reason, means.clock.now())
    return Progress(done=True)


def _read(task: SliceTask, ground: Ground, deadline: Deadline, checkpoint: Checkpoint) -> Progress:
    means, session = ground.means, ground.session.beside()
    stream = means.connector(task.platform).stream(task.stream)
    with ExitStack() as until_read:
        state = until_read.enter_context(state_before(task, means, ground.manifest, task.stream, ground.readers))
        ask = until_read.enter_context(_asking(task, ground, stream, session))
        return SliceReader(
            task=task,
            means=means,
            deadline=deadline,
            stream=stream,
            place=place_of(task, task.stream, task.slice),
            session=session,
            ask=ask,
            known=state.known if state else lambda _keys: {},
            checkpoint=checkpoint,
            unsaved=ground.unsaved,
        ).run()


def place_of(run: Run, stream: str, name: str) -> Slice:
    """Say where a slice's parts are written to; the day is the one on which the snapshot got its id."""
    return Slice(
        root=root_of(run),
        directory=snapshot_directory(created_at(run.snapshot_id), run.snapshot_id),
        account=run.account_id,
        job=run.job_id,
        stream=stream,
        name=name,
    )


@contextmanager
def state_before(
    run: Run, means: Means, manifest: Manifest | None, stream: str, beside: int = 2
) -> Iterator[State | None]:
    """Open the state in which the previous snapshot left a stream; None where there is none.

    It shares memory with as many as are open `beside` each other, itself included.
    """
    kept = manifest.streams.get(stream) if manifest else None
    if kept is None or not kept.chain:
        yield None
        return
    room = STATES_BYTES // max(2, beside)
    state = State.open(means.data, means.cache, root_of(run), kept.chain, cache_bytes=room)
    try:
        yield state
    finally:
        state.close()


@contextmanager
def _asking(
    task: SliceTask, ground: Ground, stream: Stream, session: Session
) -> Iterator[Callable[[Position | None], Asked]]:
    plan = ground.plan
    mine = plan.streams[task.stream]
    part = next(one for one in mine.slices if one.name == task.slice)
    reading = Reading(since=mine.since, until=plan.until, window=part.window, facts=mine.facts)
    if stream.children is None or mine.parents == "none":
        reader = stream.changes if mine.mode == "incremental" and stream.changes else stream.full
        yield plain(reader, session.fetch, reading)
        return
    with _parents(task, ground, stream.children, part) as parents:
        yield ChildrenOf(stream, stream.children.batch, session.fetch, reading, parents.after)


@contextmanager
def _parents(task: SliceTask, ground: Ground, children: Children, part: SlicePlan) -> Iterator[Parents]:
    means, of, mine = ground.means, ground.plan.streams[children.of], ground.plan.streams[task.stream]
    with state_before(task, means, ground.manifest, children.of, ground.readers) as before:
        found = ground.found.stream(children.of)
        listed = of.mode == "full" and means.connector(task.platform).stream(children.of).deletes.by_listing
        state = before if mine.parents == "all" else None
        yield Parents(means.data, root_of(task), found, state, listed, part.part, part.of)
