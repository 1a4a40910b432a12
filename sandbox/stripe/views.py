"""How a record is sent: nested lists cut short, lists on request left out."""

from typing import Any

from sandbox.collection import Record
from sandbox.stripe.resource import Resource

ROWS_SHOWN = 10


def shown(resource: Resource, record: Record) -> Record:
    """Return the record as a list or a single GET sends it."""
    if not resource.nested and not resource.hidden and not resource.own:
        return record
    view = {name: value for name, value in record.items() if name not in resource.hidden + resource.own}
    for name in resource.nested:
        if isinstance(view.get(name), dict):
            view[name] = cut(view[name])
    return view


def cut(listed: dict[str, Any]) -> dict[str, Any]:
    """Return a nested list with its first rows only."""
    rows = listed["data"]
    return {**listed, "data": rows[:ROWS_SHOWN], "has_more": len(rows) > ROWS_SHOWN}
