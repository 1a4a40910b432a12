"""Slices of a lane are worked on side by side, and none at the others' cost."""

from threading import Barrier, Event

import pytest

from chalicelib.backup.crew import WORN, worked_off
from chalicelib.backup.means import Deadline
from chalicelib.backup.run import Progress, SliceTask
from chalicelib.errors import ReauthorizeError

RUN = dict.fromkeys(("account_id", "job_id", "source_id", "connection_id", "snapshot_id", "platform"), "x")
DONE = Progress(done=True)


def slices(count: int, tries: int = 0) -> list[SliceTask]:
    return [SliceTask(**RUN, stream="things", slice=f"{number:02d}", tries=tries) for number in range(count)]


def in_time() -> Deadline:
    return Deadline(lambda: 0.0, 900.0)


def test_as_many_are_worked_on_at_once_as_there_are_readers() -> None:
    meeting = Barrier(3)

    def work(_one: SliceTask) -> Progress:
        meeting.wait(timeout=20)
        return DONE

    assert worked_off(slices(6), work, 3, in_time(), 30) == DONE


def test_a_lane_is_gone_on_with_as_soon_as_any_of_its_slices_can_be() -> None:
    waits = {"00": 0, "01": 70, "02": 30}

    def work(one: SliceTask) -> Progress:
        return Progress(done=not waits[one.slice], wait_seconds=waits[one.slice])

    assert worked_off(slices(3), work, 2, in_time(), 30) == Progress(done=False, wait_seconds=30)


def test_no_slice_but_the_first_is_begun_when_the_time_is_up() -> None:
    begun: list[str] = []

    def work(one: SliceTask) -> Progress:
        begun.append(one.slice)
        return DONE

    assert not worked_off(slices(3), work, 1, Deadline(lambda: 880.0, 900.0), 30).done
    assert begun == ["00"]


def test_what_one_raises_stops_the_others_and_then_ends_all() -> None:
    deadline, reading = in_time(), Event()

    def work(one: SliceTask) -> Progress:
        if one.slice == "00":
            reading.wait(timeout=20)
            raise ReauthorizeError("gone")
        reading.set()
        assert any(deadline.near(30) for _ in range(10**7)), "it reads on for ever"
        return Progress(done=False)

    with pytest.raises(ReauthorizeError):
        worked_off(slices(4), work, 2, deadline, 30)


def test_slices_that_workers_died_with_come_last_and_alone() -> None:
    under_way: set[str] = set()
    alone: list[str] = []

    def work(one: SliceTask) -> Progress:
        under_way.add(one.slice)
        if one.tries:
            alone.append(one.slice)
            assert under_way == {one.slice}
        under_way.discard(one.slice)
        return DONE

    worn, sound = slices(2, tries=WORN), slices(6)[2:]
    assert worked_off([*worn, *sound], work, 4, in_time(), 30) == DONE
    assert alone == ["00", "01"]
