"""Offsets, against vendors whose rows go and whose counts are wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connectors.connector import Request
from chalicelib.connectors.numbered import Offset
from chalicelib.errors import FatalError
from tests.connectors.pages import Shape, answering, ask, read, rows


@given(st.integers(4, 30), st.lists(st.tuples(st.integers(0, 10), st.integers(0, 29)), max_size=6))
def test_f34_rows_deleted_between_pages_of_an_offset_lose_no_other_row(
    total: int, deletions: list[tuple[int, int]]
) -> None:
    there = list(range(total))
    removed: set[int] = set()
    left = dict(deletions)
    asked = 0

    def tell(request: Request) -> dict[str, Any]:
        nonlocal asked
        gone = left.get(asked)
        if gone in there:
            there.remove(gone)
            removed.add(gone)
        asked += 1
        start = request.params["offset"]
        return {"rows": rows(there[start : start + 3]), "total": len(there)}

    ids, _ = read(Offset(ask, Shape), answering(tell))

    assert set(range(total)) - removed <= set(ids)


def test_f41_rows_that_are_counted_and_never_shown_are_an_error_with_the_numbers() -> None:
    asked = []

    def tell(request: Request) -> dict[str, Any]:
        asked.append(request.params["offset"])
        return {"rows": rows(range(10)[request.params["offset"] :][:4]), "total": 13}

    with pytest.raises(FatalError, match="counts 13 rows, but shows none from 10 on"):
        read(Offset(ask, Shape), answering(tell))

    assert asked[-2] == asked[-1]


def test_f41_rows_that_are_shown_the_second_time_are_read() -> None:
    shown = [[0, 1, 2], [2], [2, 3, 4]]

    ids, _ = read(Offset(ask, Shape), answering(lambda _request: {"rows": rows(shown.pop(0)), "total": 5}))

    assert set(ids) == {0, 1, 2, 3, 4}
