"""F1: a worker killed at every single call while it reads a slice of several parts; what the vendor is asked twice."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from chalicelib.store.checkpoints import Checkpoint
from chalicelib.store.jobs import Job
from tests.backup.lambdas import call
from tests.faults.conftest import Mortal
from tests.faults.lambdas import NAMES
from tests.faults.test_cloud_parts import LINKS, LINKS_PATH

PAGE, PER_PART, WHOLE_PARTS = 100, 2, 2
LARGE = {"text": "x" * 90_000}
"""A record of which two pages of a hundred have the 16 MiB that close a part."""

PROCESSOR = "listbackup-test-processor-stripe"
GIVEN_UP = {"failure": {"Error": "GivenUp", "Cause": "{}"}}
Event = dict[str, Any]


@dataclass
class Nth:
    """Says yes to the call of this number, from 1 on."""

    number: int
    made: int = 0

    def __call__(self, _method: str, _what: str) -> bool:
        self.made += 1
        return self.made == self.number


@dataclass
class Reading:
    """One slice read to its end: how often each of its pages was asked for, and what its checkpoint says."""

    asked: Counter[str]
    killed: bool
    checkpoint: Checkpoint

    @property
    def again(self) -> list[int]:
        """Number, from 0 on, the pages that were asked for more than once."""
        return [number for number, times in enumerate(self.asked.values()) if times > 1]

    @property
    def records(self) -> list[int]:
        """Count the records of each of its parts."""
        return [part["records"] for part in self.checkpoint.parts]


def reading_of(mortal: Mortal, edge: str, number: int) -> Reading:
    """Read the one slice of a new job, whose first worker is killed at a call to an edge; then give the job up."""
    job = mortal.world.request()
    event: Event = {name: getattr(job, name) for name in NAMES}
    call("listbackup-test-authorize", event)
    (lane,) = call("listbackup-test-plan", event)["lanes"]
    before = len(mortal.world.vendor.asked())
    killed = _read(mortal, edge, number, event | lane | {"step": "ReadStream"})
    asked = [one["query"] for one in mortal.world.vendor.asked()[before:] if one["path"].endswith(LINKS_PATH)]
    call("listbackup-test-close", event | GIVEN_UP)
    return Reading(Counter(asked), killed, _checkpoint(job))


def _read(mortal: Mortal, edge: str, number: int, event: Event) -> bool:
    struck = {"aws": mortal.aws, "vendor": mortal.vendor}[edge]
    struck.strike = Nth(number)
    first = mortal.worker.call(PROCESSOR, event)
    struck.strike = Nth(0)
    while not call(PROCESSOR, event)["done"]:
        pass
    return "killed" in first


def _checkpoint(job: Job) -> Checkpoint:
    found = Checkpoint.fetch(account_id=job.account_id, job_id=job.job_id, stream=LINKS, slice="00")
    assert found is not None
    return found


def killed_at_each_call(mortal: Mortal, edge: str) -> Iterator[Reading]:
    """Read the slice once for each of the calls to an edge that reading it takes."""
    for number in count(1):
        reading = reading_of(mortal, edge, number)
        if not reading.killed:
            return
        yield reading


def part_and_page_under_way(page: int) -> range:
    """Number the pages of a page's part, and the one that is asked for already while that part is being stored."""
    first = page - page % PER_PART
    return range(first, first + PER_PART + 1)


@pytest.mark.parametrize(("edge", "calls"), [("aws", 4 * (WHOLE_PARTS + 1)), ("vendor", PER_PART * WHOLE_PARTS + 1)])
def test_f1_whenever_a_worker_is_killed_at_most_one_part_of_its_slice_is_asked_for_twice(
    mortal: Mortal, edge: str, calls: int
) -> None:
    mortal.world.choose(LINKS)
    mortal.world.vendor.create(LINKS, WHOLE_PARTS * PER_PART * PAGE, metadata=LARGE)
    rest = len(mortal.world.vendor.records(LINKS)) - WHOLE_PARTS * PER_PART * PAGE

    readings = list(killed_at_each_call(mortal, edge))

    assert len(readings) >= calls
    for reading in readings:
        assert set(reading.again) <= set(part_and_page_under_way(min(reading.again, default=0)))
        assert max(reading.asked.values()) <= 2
        assert (reading.checkpoint.done, reading.records) == (True, [PER_PART * PAGE] * WHOLE_PARTS + [rest])
    assert max(len(reading.again) for reading in readings) >= PER_PART, "some were killed with all but a part stored"
