"""Correctness first: what a contender stored, against what the provider holds."""

from collections import Counter
from dataclasses import dataclass

from benchmarks.contender import Outcome, Stored
from benchmarks.provider.config import Knobs
from benchmarks.provider.faults import NAMELESS


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many records are missing, stored more than once, or stored but never the vendor's.

    `altered` records have the vendor's id but not the vendor's bytes; only ours are held to that.
    """

    missing: int
    doubled: int
    foreign: int
    altered: int = 0

    @property
    def whole(self) -> bool:
        """Tell whether every record of the vendor's is there, and nothing else."""
        return not (self.missing or self.foreign or self.altered)


def judge(knobs: Knobs, stored: Stored) -> Verdict:
    """Compare what is stored with what the vendor has."""
    missing = doubled = foreign = 0
    for stream, count in knobs.streams.items():
        ours = Counter(stored.ids.get(stream, ()))
        nameless = nameless_of(knobs) if ours.pop("None", 0) else set()
        theirs = {knobs.shape.identifier(stream, index) for index in range(count)} - nameless
        missing += len(theirs - ours.keys())
        foreign += len(ours.keys() - theirs)
        doubled += sum(ours.values()) - len(ours)
    return Verdict(missing, doubled, foreign, stored.altered)


def nameless_of(knobs: Knobs) -> set[str]:
    """Name the records that a fault sends without their ids: stored without one, they are not lost."""
    places = [fault.at + n for fault in knobs.faults if fault.kind == "no_id" for n in range(NAMELESS)]
    return {knobs.shape.identifier(stream, index) for stream in knobs.streams for index in places}


def scores(knobs: Knobs, outcome: Outcome) -> bool:
    """Tell whether a run may count: it claims success, and not one record is missing."""
    return outcome.claims_success and judge(knobs, outcome.stored).whole
