"""Who is measured: a contender reads what a task names, and says what it stored."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from benchmarks.measuring import Usage
from benchmarks.provider.client import Provider


@dataclass(frozen=True, slots=True)
class Task:
    """What to read. `rate` is the vendor's limit as its documents give it; `windows` are pieces of time, [from, to)."""

    provider: Provider
    rate: float = 0.0
    windows: int = 4
    timeout_seconds: float = 900

    @property
    def streams(self) -> dict[str, int]:
        """The streams and their numbers of records."""
        return self.provider.knobs.streams

    def pieces(self) -> list[tuple[int, int]]:
        """Cut the time in which records were made into equal windows."""
        newest = self.provider.knobs.newest
        oldest = newest - max(self.streams.values()) * self.provider.knobs.step
        edges = [oldest + (newest - oldest) * n // self.windows for n in range(self.windows)] + [newest + 1]
        return list(pairwise(edges))


@dataclass(frozen=True, slots=True)
class Stored:
    """What a run left behind: the ids of each stream's records, in any order, twice if stored twice.

    `reported` are failures that the contender itself reported, beyond its exit code; `altered` counts records that do
    not have the vendor's own bytes (0 where that is not looked at).
    """

    ids: dict[str, list[str]]
    bytes: int
    reported: tuple[str, ...] = ()
    altered: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run of one contender."""

    usage: Usage
    stored: Stored
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def claims_success(self) -> bool:
        """Tell whether its operator would believe that all is well."""
        return self.usage.code == 0 and not self.stored.reported


class Contender(Protocol):
    """One tool in one configuration."""

    @property
    def tool(self) -> str: ...
    @property
    def variant(self) -> str: ...
    def read(self, task: Task, scratch: Path) -> Outcome: ...
