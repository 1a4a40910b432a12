"""docs/benchmarks.md: the table of the results file, between two marks of the page."""

from pathlib import Path
from typing import Any

from benchmarks.results import Results, Row

PLACE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
HEAD = "| what | ours | peer | times better | unit | asked for |\n| --- | ---: | ---: | ---: | --- | --- |"
NO_SCORE = "no score"
LOST = "Runs that do not score, and why:"


def table(results: Results) -> str:
    """Write where the numbers come from, and one line per row."""
    scenarios = list(dict.fromkeys(row.scenario for row in results.rows))
    about: dict[str, list[str]] = {}
    for scenario in scenarios:
        about.setdefault(_where(results.environment[scenario]), []).append(scenario)
    measured = [f"- {', '.join(names)}: {where}" for where, names in about.items()]
    rows = [_line(row) for scenario in scenarios for row in results.rows if row.scenario == scenario]
    lost = [f"- {run.contender}, {run.scenario}: {_short(run.why_not)}" for run in results.runs if run.why_not]
    return "\n".join([*measured, "", HEAD, *rows, *(["", LOST, "", *lost] if lost else [])])


def page(text: str, results: Results) -> str:
    """Put the table into the page in place of the one that is there; raises ValueError for a page without the marks."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{table(results)}\n{END}{after}"


def write(results: Results) -> None:
    """Bring the page up to date."""
    PLACE.write_text(page(PLACE.read_text(), results))


def _where(found: dict[str, Any]) -> str:
    scale = found["scale"]
    return (
        f"{found['at'][:10]}, commit {found['commit']}, {found['cores']} cores of {found['cpu']}, Python "
        f"{found['python']}, scale `{scale['name']}`, at most {scale['runs']} run(s) of each, "
        f"load before {found['load_before']}, {', '.join(found['peers'])}"
    )


def _short(text: str) -> str:
    words = " ".join(text.split()).replace("|", "/")
    return words if len(words) <= 160 else f"{words[:157]}…"


def _line(row: Row) -> str:
    cells = (row.name, _value(row.ours, row, "ours"), _peer(row), _number(row.ratio), row.unit, row.bar)
    return f"| {' | '.join(cells)} |"


def _peer(row: Row) -> str:
    return _value(row.peer, row, "peer") if " — " in row.name else ""


def _value(value: float | None, row: Row, side: str) -> str:
    if value is None:
        return NO_SCORE
    low, high = row.spread.get(side, (None, None))
    return _number(value) if low is None or low == high else f"{_number(value)} ({_number(low)} to {_number(high)})"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) else f"{value:,}"
