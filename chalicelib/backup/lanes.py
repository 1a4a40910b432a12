"""Read a lane: the slices of one worker, over one session; and what holds for a lane of files, too."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial

from chalicelib.archive.fragments import Fragment
from chalicelib.backup import checkpoints, planning
from chalicelib.backup.crew import Work, worked_off
from chalicelib.backup.found import FoundOf
from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.parents import fragments_of
from chalicelib.backup.plan import Lane, Plan
from chalicelib.backup.previous import sealed_before
from chalicelib.backup.read import LEAST_SECONDS
from chalicelib.backup.run import LaneTask, Progress, SliceTask
from chalicelib.backup.slices import Ground, read_slice
from chalicelib.backup.vendor import session_for
from chalicelib.errors import ReauthorizeError


def read_lane(task: LaneTask, means: Means, deadline: Deadline) -> Progress:
    """Read a lane's slices on from their checkpoints, as far as the deadline allows.

    What one slice meets does not stop the others; of an overdue job nothing more is read. Raises CancelledError where
    the job has ended.
    """
    if checkpoints.overdue(checkpoints.running(task), means.clock.now()):
        return task.turned(Progress(done=True))
    plan = planning.load(task, means)
    mine = lane_of(task, plan.lanes(task.level))
    readers = min(plan.parallel, len(mine))
    reading = _reading(task, plan, readers, means, deadline)
    return task.turned(worked(mine, reading, means, deadline, LEAST_SECONDS, readers))


def lane_of(task: LaneTask, every: Sequence[Lane]) -> list[SliceTask]:
    """Find what is left of the task's lane; nothing where a version before this one has dealt more lanes."""
    return checkpoints.left_of(task, every[task.lane]) if task.lane < len(every) else []


def worked(
    waiting: Sequence[SliceTask],
    working: AbstractContextManager[Work],
    means: Means,
    deadline: Deadline,
    least_seconds: float,
    readers: int = 1,
) -> Progress:
    """Work on slices, `readers` at a time; all that are left fail where the vendor no longer takes the connection."""
    if not waiting:
        return Progress(done=True)
    try:
        with working as work:
            return worked_off(waiting, work, readers, deadline, least_seconds)
    except ReauthorizeError as refused:
        checkpoints.give_up(waiting, str(refused), means.clock.now())
        return Progress(done=True)


@contextmanager
def _reading(task: LaneTask, plan: Plan, readers: int, means: Means, deadline: Deadline) -> Iterator[Work]:
    sealed = sealed_before(task, plan.previous, means.data)
    fragments = partial(_fragments, task, means)
    with session_for(task, means) as session, closing(FoundOf(fragments)) as found:
        ground = Ground(means, plan, sealed.manifest if sealed else None, session, found, readers)
        yield lambda one: read_slice(one, ground, deadline)


def _fragments(task: LaneTask, means: Means, stream: str) -> Iterator[Fragment]:
    return fragments_of(task, stream, checkpoints.of_job(task).values(), means.temp)
