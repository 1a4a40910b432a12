"""The knobs of one provider process, as JSON on its command line."""

import json
from dataclasses import asdict, dataclass, field
from typing import Self

from benchmarks.provider.faults import Fault
from benchmarks.provider.limits import HeaderStyle
from benchmarks.provider.records import Shape


@dataclass(frozen=True, slots=True)
class Knobs:
    """`streams` gives each stream's number of records; `latency_seconds` is added to every answer.

    The records were made, evenly, in the `span_days` before `newest` (seconds since 1970).
    """

    streams: dict[str, int]
    newest: int
    span_days: int = 1095
    seed: int = 1
    profile: str = "medium"
    page_size: int = 100
    latency_seconds: float = 0.0
    rate: float = 0.0
    burst: float = 0.0
    style: HeaderStyle = "retry_after"
    gzip: bool = False
    faults: tuple[Fault, ...] = field(default_factory=tuple)

    @property
    def step(self) -> int:
        """The seconds between two records."""
        return max(1, self.span_days * 86400 // max(self.streams.values()))

    @property
    def shape(self) -> Shape:
        """What its records look like."""
        return Shape(self.seed, self.profile, self.newest, self.step)

    def encode(self) -> str:
        """Write the knobs as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read them back."""
        fields = json.loads(text)
        return cls(**fields | {"faults": tuple(Fault(**fault) for fault in fields["faults"])})
