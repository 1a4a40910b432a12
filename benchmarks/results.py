"""The results file: rows of the table, the runs behind them, and where and with what they were measured."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

PLACE = Path(__file__).with_name("results.json")
Better = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `ratio` is how many times better ours is; `bar` is what we ask of ourselves, if we do.

    `ours` or `peer` is None where it has no score: it lost records, or it cannot do what is asked.
    """

    name: str
    ours: float | None
    peer: float | None
    ratio: float | None
    unit: str
    bar: str = ""
    spread: dict[str, tuple[float, float]] = field(default_factory=dict)
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run; `why_not` says why it does not score."""

    scenario: str
    contender: str
    figures: dict[str, float]
    why_not: str = ""


@dataclass(slots=True)
class Results:
    """All that `make bench` found: rows and runs, and by scenario where and with what they were measured."""

    environment: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def replace(self, scenario: str, environment: dict[str, Any], rows: Sequence[Row], runs: Sequence[Run]) -> None:
        """Put a scenario's new findings in the place of its old ones."""
        self.environment[scenario] = environment
        self.rows = [row for row in self.rows if row.scenario != scenario]
        self.runs = [run for run in self.runs if run.scenario.partition(": ")[0] != scenario]
        self.rows += [replace(row, scenario=scenario) for row in rows]
        self.runs += [replace(run, scenario=f"{scenario}: {run.scenario}") for run in runs]

    def write(self, place: Path = PLACE) -> None:
        """Write the file."""
        place.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, place: Path = PLACE) -> Self:
        """Read it back."""
        kept = json.loads(place.read_text())
        rows, runs = [Row(**row) for row in kept["rows"]], [Run(**run) for run in kept["runs"]]
        return cls(kept["environment"], rows, runs)


def median_row(
    name: str,
    figure: str,
    runs: Iterable[Run],
    contenders: tuple[str, str | None],
    *,
    unit: str,
    better: Better,
    bar: str = "",
) -> Row:
    """Compare two contenders by the median of one figure over the runs that score; both sides' spread goes along."""
    known = list(runs)
    ours, peer = ([run for run in known if run.contender == who] for who in _pair(contenders))
    a, b = _median(ours, figure), _median(peer, figure)
    spread = {side: found for side, runs in (("ours", ours), ("peer", peer)) if (found := _spread(runs, figure))}
    return Row(name, a, b, ratio(a, b, better), unit, bar, spread)


def ratio(ours: float | None, peer: float | None, better: Better) -> float | None:
    """Tell how many times better ours is; None where either has no score or is zero."""
    if not ours or not peer:
        return None
    return rounded(peer / ours if better == "lower" else ours / peer)


def rounded(value: float) -> float:
    """Keep three significant figures, and no fraction of what is over a thousand."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))


def _pair(contenders: tuple[str, str | None]) -> tuple[str, str]:
    return contenders[0], contenders[1] or ""


def _scored(runs: Sequence[Run], figure: str) -> list[float]:
    return [run.figures[figure] for run in runs if not run.why_not and figure in run.figures]


def _median(runs: Sequence[Run], figure: str) -> float | None:
    values = _scored(runs, figure)
    return rounded(statistics.median(values)) if values and len(values) == len(runs) else None


def _spread(runs: Sequence[Run], figure: str) -> tuple[float, float] | None:
    values = _scored(runs, figure)
    return (rounded(min(values)), rounded(max(values))) if len(values) > 1 else None
