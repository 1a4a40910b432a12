"""Into how many slices each stream is cut: so many that all readers are busy to the end, each worth its price."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.backup.plan import Mode, SlicePlan
from chalicelib.backup.sizes import Size
from chalicelib.connectors.connector import Connector, Stream
from chalicelib.domain.windows import even, window

CHILD_SLICES, WORTH_CHILD_SLICES = 4, 1_000
LEAST_RECORDS, PART_RECORDS = 2_000, 20_000
TURNS = 3
MOST_SLICES = 100


@dataclass(frozen=True, slots=True)
class Shaping:
    """Cuts streams for `parallel` readers, by the sizes of those at the top; one of unknown size is not cut."""

    sizes: Mapping[str, Size]
    parallel: int

    def slices(self, connector: Connector, stream: Stream, mode: Mode) -> tuple[SlicePlan, ...]:
        """Cut a stream by its time, or by its parents where they are many; what has changed is read in one piece."""
        if mode == "full" and stream.children is not None and self._parents(connector, stream) > WORTH_CHILD_SLICES:
            return tuple(SlicePlan(f"{n:02d}", part=n, of=CHILD_SLICES) for n in range(CHILD_SLICES))
        windows = self._windows(stream) if mode == "full" else []
        if len(windows) > 1:
            return tuple(SlicePlan(f"{n:02d}", window=one) for n, one in enumerate(windows))
        return (SlicePlan("00"),)

    def _parents(self, connector: Connector, stream: Stream) -> int:
        while stream.children is not None:
            stream = connector.stream(stream.children.of)
        return self.sizes.get(stream.name, Size()).records

    def _windows(self, stream: Stream) -> Sequence[tuple[str, str]]:
        size = self.sizes.get(stream.name, Size())
        if stream.window is None or not size.stretches:
            return []
        return [window(span, stream.window.unit) for span in even(size.stretches, self._count(size.records))]

    def _count(self, records: int) -> int:
        """Tell into how many windows so many records are cut: a whole part each, or less for all readers to have some.

        With three for each reader it shows less where some hold more than was thought.
        """
        every = sum(size.records for size in self.sizes.values())
        fair = math.ceil(TURNS * self.parallel * records / max(1, every))
        return max(1, min(records // LEAST_RECORDS, max(fair, records // PART_RECORDS), MOST_SLICES))
