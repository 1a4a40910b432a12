"""How a record is sent: nested lists cut short, what shows only on request left out."""

from typing import Any

from sandbox.collection import Record
from sandbox.stripe.resource import Resource

ROWS_SHOWN = 10


def shown(resource: Resource, record: Record) -> Record:
    """Return the record as a list or a single GET sends it."""
    unsent = resource.hidden + resource.own
    if not resource.nested and not resource.asked and not unsent:
        return record
    view = {name: value for name, value in record.items() if name not in unsent}
    for name in resource.nested:
        if isinstance(view.get(name), dict):
            view[name] = cut(view[name])
    for path in resource.asked:
        _leave_out(view, path)
    return view


def whole(resource: Resource, record: Record) -> Record:
    """Return the record as it is sent to one who asks for all that it has besides lists."""
    view = shown(resource, record)
    for path in resource.asked:
        show(view, record, path)
    return view


def show(view: Record, record: Record, path: str) -> None:
    """Put what was left out of a view at its end, where the record has it."""
    name, _, rest = path.partition(".")
    if rest and isinstance(record.get(name), dict):
        show(view[name], record[name], rest)
    elif name in record:
        view[name] = record[name]


def _leave_out(view: Record, path: str) -> None:
    name, _, rest = path.partition(".")
    if rest and isinstance(view.get(name), dict):
        view[name] = dict(view[name])
        _leave_out(view[name], rest)
    elif not rest:
        view.pop(name, None)


def cut(listed: dict[str, Any]) -> dict[str, Any]:
    """Return a nested list with its first rows only."""
    rows = listed["data"]
    return {**listed, "data": rows[:ROWS_SHOWN], "has_more": len(rows) > ROWS_SHOWN}
