"""What is still to be read or copied of a job, round after round; the state machine carries the lanes' numbers only.

A round is one Map of the state machine: the first level that has not been read, or what an earlier round has left of
it. Its lanes are looked up in the plan, so that the state stays as small with 10,000 streams as with one.
"""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from chalicelib.backup import checkpoints, files, planning
from chalicelib.backup.means import Deadline, Means
from chalicelib.backup.plan import Lane, Plan
from chalicelib.backup.read import patience
from chalicelib.backup.run import Progress, Run
from chalicelib.errors import RetryableError
from chalicelib.telemetry import count

MOST_ROUNDS = 160
OUT_OF_TIME = "given up: the job has taken as long as a job may; the next one goes on"


class LaneName(msgspec.Struct, frozen=True):
    """Where a lane stands in the plan."""

    lane: int
    level: int = 0


class Report(msgspec.Struct, frozen=True):
    """What the state machine tells of one lane: nothing where its worker ended by itself."""

    lane: int = 0
    level: int = 0
    error: str | None = None


class Round(Progress, frozen=True):
    """The lanes that are still open; none, and `done`, where nothing is left."""

    lanes: Sequence[LaneName] = ()


class ReadingTask(Run, frozen=True, kw_only=True):
    """A run to plan or to read on: the round before and what its lanes reported."""

    plan: Progress = Progress(done=False)
    reads: Sequence[Report] = ()


class CopyingTask(Run, frozen=True, kw_only=True):
    """A run whose files are to be copied on: the round before and what its lanes reported."""

    files: Progress = Progress(done=False)
    copies: Sequence[Report] = ()


def lanes_to_read(task: ReadingTask, means: Means, deadline: Deadline) -> Round:
    """Give the lanes of the next round, making the plan before the first; or the seconds to wait before that.

    Slices whose worker died end as failed. Raises RetryableError, or ReauthorizeError where the vendor no longer takes
    the connection.
    """
    job = checkpoints.running(task)
    turns = task.plan.turns + 1
    try:
        plan = planning.make(task, means, deadline)
    except RetryableError as later:
        if later.after_seconds is None or turns > MOST_ROUNDS:
            raise
        count("Waits")
        return Round(done=False, wait_seconds=patience(later.after_seconds, turns), turns=turns)
    for report in task.reads:
        _end(task, report, plan.lanes(report.level), means)
    if turns > MOST_ROUNDS or checkpoints.overdue(job, means.clock.now()):
        _give_up(task, [lane for level in plan.levels() for lane in plan.lanes(level)], means)
    return _round(_open_level(plan, _ended(task)), turns)


def lanes_to_copy(task: CopyingTask, means: Means) -> Round:
    """Give the lanes of files of the next round, listing the files before the first; batches whose worker died fail."""
    job = checkpoints.running(task)
    turns, lanes = task.files.turns + 1, files.lanes(files.make(task, means))
    for report in task.copies:
        _end(task, report, lanes, means)
    if turns > MOST_ROUNDS or checkpoints.overdue(job, means.clock.now()):
        _give_up(task, lanes, means)
    return _round([LaneName(number) for number in _open(lanes, _ended(task))], turns)


def _give_up(run: Run, lanes: Iterable[Lane], means: Means) -> None:
    """End all that is open, so that what has been read is sealed: an execution's own end would lose it."""
    for lane in lanes:
        checkpoints.give_up(checkpoints.left_of(run, lane), OUT_OF_TIME, means.clock.now())


def _round(lanes: Sequence[LaneName], turns: int) -> Round:
    return Round(done=not lanes, turns=turns, lanes=lanes)


def _end(run: Run, report: Report, lanes: Sequence[Lane], means: Means) -> None:
    if report.error is None or report.lane >= len(lanes):
        return
    reason = f"its worker ended with {report.error}; see the job's execution"
    checkpoints.give_up(checkpoints.left_of(run, lanes[report.lane]), reason, means.clock.now())


def _ended(run: Run) -> set[tuple[str, str]]:
    return {name for name, checkpoint in checkpoints.of_job(run).items() if checkpoint.done}


def _open_level(plan: Plan, ended: Collection[tuple[str, str]]) -> list[LaneName]:
    levels = ([LaneName(lane, level) for lane in _open(plan.lanes(level), ended)] for level in plan.levels())
    return next((lanes for lanes in levels if lanes), [])


def _open(lanes: Iterable[Lane], ended: Collection[tuple[str, str]]) -> list[int]:
    return [number for number, lane in enumerate(lanes) if any(name not in ended for name in lane)]
