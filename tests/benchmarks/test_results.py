from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.results import PLACE, Results, Row, Run, median_row

WHERE = {
    "at": "2026-01-01T00:00:00+00:00", "commit": "abc", "cores": 2, "cpu": "a CPU", "python": "3.11.7",
    "scale": {"name": "full", "runs": 5}, "load_before": 0.1, "peers": ["dlt==1"],
}  # fmt: skip


def runs(contender: str, *values: float, why_not: str = "") -> list[Run]:
    return [Run("throughput", contender, {"cpu": value}, why_not) for value in values]


def test_a_row_compares_medians_and_keeps_the_spread() -> None:
    row = median_row("CPU", "cpu", [*runs("ours", 2, 1, 9), *runs("dlt", 40, 20, 30)], ("ours", "dlt"),
                     unit="µs", better="lower")  # fmt: skip

    assert (row.ours, row.peer, row.ratio) == (2, 30, 15)
    assert row.spread == {"ours": (1, 9), "peer": (20, 40)}


def test_more_is_better_turns_the_ratio_round() -> None:
    row = median_row("speed", "cpu", runs("ours", 30) + runs("dlt", 10), ("ours", "dlt"), unit="/s", better="higher")

    assert row.ratio == 3


def test_one_lost_run_takes_a_contenders_score_away() -> None:
    lost = runs("dlt", 1, why_not="lost 5 records")

    row = median_row("CPU", "cpu", runs("ours", 2) + runs("dlt", 30) + lost, ("ours", "dlt"), unit="µs", better="lower")

    assert (row.peer, row.ratio) == (None, None)


def test_results_survive_the_file(tmp_path: Path) -> None:
    results = Results()
    results.replace("throughput", WHERE, [Row("CPU", 1.5, 3, 2, "µs")], runs("ours", 1.5))
    results.write(tmp_path / "results.json")

    assert Results.read(tmp_path / "results.json").rows == results.rows


def test_a_scenarios_new_rows_take_the_place_of_its_old_ones() -> None:
    results = Results()
    results.replace("throughput", WHERE, [Row("CPU", 1, None, None, "µs")], runs("ours", 1))
    results.replace("bill", WHERE, [Row("bill", 0.1, None, None, "$")], [])
    results.replace("throughput", WHERE, [Row("CPU", 2, None, None, "µs")], runs("ours", 2))

    assert [(row.name, row.ours) for row in results.rows] == [("bill", 0.1), ("CPU", 2)]
    assert [run.figures for run in results.runs] == [{"cpu": 2}]


def test_the_page_names_the_runs_that_do_not_score() -> None:
    results = Results()
    results.replace("faults", WHERE, [Row("silent losses — dlt", 0, 3, None, "faults")],
                    runs("dlt", 1, why_not="lost 600 records,\nand said nothing"))  # fmt: skip

    text = report.table(results)

    assert "| silent losses — dlt | 0 | 3 |" in text
    assert "- dlt, faults: throughput: lost 600 records, and said nothing" in text


def test_a_page_without_marks_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="no <!-- table: begin"):
        report.page("# Benchmarks", Results())


def test_the_page_shows_just_what_the_results_file_holds() -> None:
    text = report.PLACE.read_text()

    assert report.page(text, Results.read(PLACE)) == text
