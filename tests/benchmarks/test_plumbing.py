"""The plumbing of `make bench`, tiny, without the peers: real backups on a local AWS, judged as measured ones are."""

import pytest

from benchmarks.scale import TINY
from benchmarks.scenarios.catalogue import SCENARIOS

pytestmark = pytest.mark.engine


def test_a_tiny_backup_is_whole_and_scores() -> None:
    found = SCENARIOS["throughput"](TINY)

    assert [run.why_not for run in found.runs] == ["", ""]
    assert {row.name: row.unit for row in found.rows}["peak memory"] == "MiB"
    assert all(row.ours is not None for row in found.rows)


def test_an_unchanged_source_costs_no_parts_and_a_changed_one_only_its_changes() -> None:
    found = SCENARIOS["incremental"](TINY)

    figures = [run.figures["part_bytes"] for run in found.runs]
    assert [run.why_not for run in found.runs] == ["", "", ""]
    assert figures[1] == 0
    assert 0 < figures[2] < figures[0]


def test_every_scenario_is_in_the_catalogue_once() -> None:
    assert len({scenario.__module__ for scenario in SCENARIOS.values()}) == len(SCENARIOS)
