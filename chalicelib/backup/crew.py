"""Work on the slices of a lane side by side: readers that wait for a vendor cost nothing beside each other."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from chalicelib.backup.means import Deadline
from chalicelib.backup.run import Progress, SliceTask

Work = Callable[[SliceTask], Progress]

WORN = 2


def worked_off(
    slices: Sequence[SliceTask], work: Work, readers: int, deadline: Deadline, least_seconds: float
) -> Progress:
    """Work on slices, `readers` at a time in their order; at the deadline those are left whose turn has not come.

    A slice with which worker after worker has died comes last and alone, so that it stops no other. What one raises
    ends all: the others store what they have and ask for no further page, then the first error is raised.
    """
    first = slices[0]

    def in_time(one: SliceTask) -> Progress:
        if one is not first and deadline.near(least_seconds):
            return Progress(done=False)
        try:
            return work(one)
        except BaseException:
            deadline.call()
            raise

    sound, worn = [one for one in slices if one.tries < WORN], [one for one in slices if one.tries >= WORN]
    return _together([*_side_by_side(sound, in_time, readers), *(in_time(one) for one in worn)])


def _side_by_side(slices: Sequence[SliceTask], work: Work, readers: int) -> list[Progress]:
    with ThreadPoolExecutor(max(1, min(readers, len(slices))), thread_name_prefix="reader") as pool:
        begun = [pool.submit(work, one) for one in slices]
    return [one.result() for one in begun]


def _together(each: Sequence[Progress]) -> Progress:
    """Tell how far slices have come in all: done when all are, to be gone on with as soon as any."""
    waits = [one.wait_seconds for one in each if not one.done]
    return Progress(done=not waits, wait_seconds=min(waits, default=0))
