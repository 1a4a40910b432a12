"""An authenticated read asks the table three times at most."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.store.table import Item
from tests.api.conftest import Someone


@contextmanager
def counted() -> Iterator[list[str]]:
    """The operations DynamoDB is asked for meanwhile."""
    asked: list[str] = []

    def note(model: Any, **_: Any) -> None:
        asked.append(model.name)

    events = Item._get_connection().connection.client.meta.events
    events.register("before-call.dynamodb", note)
    yield asked
    events.unregister("before-call.dynamodb", note)


@pytest.mark.parametrize(
    "path",
    [
        "/auth/profile",
        "/auth/status",
        "/account",
        "/accounts",
        "/accounts/{accountId}",
        "/accounts/{accountId}/hierarchy",
        "/connections",
        "/connections/{connectionId}",
        "/sources",
        "/sources/{sourceId}",
        "/jobs",
        "/jobs/{activeJobId}",
        "/jobs?sourceId={sourceId}",
        "/platforms",
    ],
)
def test_an_authenticated_read_takes_three_round_trips_at_most(ada: Someone, source: dict[str, Any], path: str) -> None:
    with counted() as asked:
        answer = ada.http.get(path.format(**source, accountId=ada.account_id))

    assert answer.status == 200
    assert 1 <= len(asked) <= 3, asked
    assert "Scan" not in asked
