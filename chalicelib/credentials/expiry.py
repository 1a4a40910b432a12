"""Marking a connection that its vendor no longer takes, so that nothing asks for its owner twice."""

from datetime import datetime

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.store.connections import Connection
from chalicelib.store.recording import Deed, recorded
from chalicelib.store.table import Item


def expire(account_id: str, connection_id: str, reason: str, now: datetime) -> None:
    """Mark a connection as expired, with its event, unless somebody has closed, deleted or marked it before."""
    mine = Connection.fetch(account_id=account_id, connection_id=connection_id)
    if mine is None or mine.status != "active":
        return
    actions: list[Action] = [
        Connection.status.set("expired"),
        Connection.status_reason.set(reason),
        Item.updated_at.set(now),
    ]

    def marked(together: TransactWrite) -> None:
        together.update(mine, actions=actions, condition=Connection.status == "active")

    deed = Deed(account_id, None, "connections:expire", connection_id, now)
    recorded(deed, connection_id, marked, details={"reason": reason})
