"""A worker's share of the vendor's limits: one part of as many as there are workers still at it.

Shares fixed at the start would leave the shares of those that finish early unused until the slowest has ended.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.backup import checkpoints
from chalicelib.backup.means import Session
from chalicelib.backup.plan import Lane
from chalicelib.backup.run import Run

LOOK_SECONDS = 2.0
PARALLEL = 10
"""The MaxConcurrency of the state machine's CopyLanes."""


@dataclass(slots=True)
class Shares:
    """Looks every few seconds which of the lanes that are read side by side are still open; `every` names them all."""

    run: Run
    every: Sequence[Lane]
    session: Session
    monotonic: Callable[[], float]
    looked_at: float = 0.0

    def adjust(self) -> None:
        """Take the share that is this worker's now, if it is time to look."""
        now = self.monotonic()
        if len(self.every) == 1 or now - self.looked_at < LOOK_SECONDS:
            return
        self.looked_at = now
        self.session.take_share(share_of(self.run, self.every))


def share_of(run: Run, every: Sequence[Lane]) -> float:
    """Give one worker's share: at most `PARALLEL` of the lanes that have not ended are read at a time."""
    if len(every) == 1:
        return 1.0
    ended = {name for name, checkpoint in checkpoints.of_job(run).items() if checkpoint.done}
    still_open = sum(not ended.issuperset(lane) for lane in every)
    return 1 / max(1, min(PARALLEL, still_open))
