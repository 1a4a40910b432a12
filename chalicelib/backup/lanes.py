"""Read a lane: the slices dealt to one worker, one after the other, over one session."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from chalicelib.backup import checkpoints, planning
from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.plan import Lane, Plan
from chalicelib.backup.previous import sealed_before
from chalicelib.backup.read import LEAST_SECONDS
from chalicelib.backup.run import LaneTask, Progress, SliceTask
from chalicelib.backup.shares import share_of
from chalicelib.backup.slices import Ground, read_slice
from chalicelib.backup.vendor import session_for
from chalicelib.errors import ReauthorizeError

Work = Callable[[SliceTask], Progress]


def read_lane(task: LaneTask, means: Means, deadline: Deadline) -> Progress:
    """Read a lane's slices on from their checkpoints, as far as the deadline allows.

    What one slice meets does not stop the others. Raises CancelledError where the job has ended.
    """
    checkpoints.running(task)
    plan = planning.load(task, means)
    beside = plan.lanes(task.level)
    reading = _reading(task, plan, beside, means, deadline)
    return task.turned(worked(lane_of(task, beside), reading, means, deadline, LEAST_SECONDS))


def lane_of(task: LaneTask, every: Sequence[Lane]) -> list[SliceTask]:
    """Find what is left of the task's lane; nothing where a version before this one has dealt more lanes."""
    return checkpoints.left_of(task, every[task.lane]) if task.lane < len(every) else []


def worked(
    waiting: Sequence[SliceTask],
    working: AbstractContextManager[Work],
    means: Means,
    deadline: Deadline,
    least_seconds: float,
) -> Progress:
    """Work on slices, one after the other; all that are left fail where the vendor no longer takes the connection."""
    if not waiting:
        return Progress(done=True)
    try:
        with working as work:
            return _in_turn(waiting, work, deadline, least_seconds)
    except ReauthorizeError as refused:
        checkpoints.give_up(waiting, str(refused), means.clock.now())
        return Progress(done=True)


def _in_turn(waiting: Sequence[SliceTask], work: Work, deadline: Deadline, least_seconds: float) -> Progress:
    open_ended: list[Progress] = []
    for number, one in enumerate(waiting):
        if number and deadline.near(least_seconds):
            return Progress(done=False)
        progress = work(one)
        if not progress.done:
            open_ended.append(progress)
    return Progress(done=not open_ended, wait_seconds=min((one.wait_seconds for one in open_ended), default=0))


@contextmanager
def _reading(task: LaneTask, plan: Plan, beside: Sequence[Lane], means: Means, deadline: Deadline) -> Iterator[Work]:
    sealed = sealed_before(task, plan.previous, means.data)
    session = session_for(task, means, share=share_of(task, beside))
    try:
        ground = Ground(means, plan, beside, sealed.manifest if sealed else None, session)
        yield lambda one: read_slice(one, ground, deadline)
    finally:
        session.close()
