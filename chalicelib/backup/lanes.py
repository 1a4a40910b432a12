"""Read a lane: the slices dealt to one worker, one after the other, over one session."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from chalicelib.backup import checkpoints, planning
from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.previous import sealed_before
from chalicelib.backup.read import LEAST_SECONDS
from chalicelib.backup.run import LaneTask, Progress, SliceTask
from chalicelib.backup.shares import share_of
from chalicelib.backup.slices import Ground, read_slice
from chalicelib.backup.vendor import session_for
from chalicelib.errors import LostLeaseError, ReauthorizeError


def read_lane(task: LaneTask, means: Means, deadline: Deadline) -> Progress:
    """Read a lane's slices on from their checkpoints, as far as the deadline allows.

    What one slice meets does not stop the others. Raises CancelledError where the job has ended.
    """
    checkpoints.running(task)
    waiting = _to_read(task)
    if not waiting:
        return Progress(done=True)
    try:
        with _ground(task, means, waiting[0].stream) as ground:
            return _read(waiting, ground, deadline)
    except ReauthorizeError as refused:
        _fail(waiting, str(refused), means)
        return Progress(done=True)


def _to_read(task: LaneTask) -> list[SliceTask]:
    """List the slices that have not ended, those never begun first: one that kills its worker then stops no other."""
    found = checkpoints.of_job(task)
    run = {name: getattr(task, name) for name in task.__struct_fields__ if name != "slices"}
    mine = [SliceTask(**run, stream=one.stream, slice=one.slice) for one in task.slices]
    begun = [one for one in mine if (one.stream, one.slice) in found]
    fresh = [one for one in mine if (one.stream, one.slice) not in found]
    return [*fresh, *(one for one in begun if not found[one.stream, one.slice].done)]


@contextmanager
def _ground(task: LaneTask, means: Means, stream: str) -> Iterator[Ground]:
    plan = planning.load(task, means)
    sealed = sealed_before(task, plan.previous, means.data)
    session = session_for(task, means, share=share_of(task, plan.lanes(plan.streams[stream].level)))
    try:
        yield Ground(means, plan, sealed.manifest if sealed else None, session)
    finally:
        session.close()


def _read(waiting: Sequence[SliceTask], ground: Ground, deadline: Deadline) -> Progress:
    open_ended: list[Progress] = []
    for number, one in enumerate(waiting):
        if number and deadline.near(LEAST_SECONDS):
            return Progress(done=False)
        progress = read_slice(one, ground, deadline)
        if not progress.done:
            open_ended.append(progress)
    return Progress(done=not open_ended, wait_seconds=min((one.wait_seconds for one in open_ended), default=0))


def _fail(slices: Sequence[SliceTask], reason: str, means: Means) -> None:
    """End the slices that have not ended: nothing more can be had from the vendor."""
    for one in slices:
        try:
            checkpoint = checkpoints.claim(one, means.clock.now())
            if not checkpoint.done:
                checkpoints.fail(checkpoint, "failed", reason, means.clock.now())
        except LostLeaseError:
            continue
