"""Making and changing objects as their callers expect them to be, each change with its event."""

from typing import Any

from chalicelib.errors import ConflictError
from chalicelib.store.recording import Deed, recorded
from chalicelib.store.table import Item

_CHANGED = "the object was changed meanwhile; read it again and repeat the change"


def expect(version: float, expected: int | None) -> None:
    """Compare an object's version with the one the caller read; raises ConflictError where they differ."""
    if expected is not None and expected != version:
        raise ConflictError(_CHANGED)


def create(deed: Deed, resource_id: str, *items: Item) -> None:
    """Write new items and record the deed; raises ConflictError where one of their keys is taken."""
    if not recorded(deed, resource_id, *(item.creating() for item in items)):
        raise ConflictError("there is such an object already; repeat the request")


def change(item: Item, deed: Deed, resource_id: str | None, **fields: Any) -> None:  # noqa: ANN401 (as Item.change)
    """Change an item and record the deed; raises ConflictError where the item is no longer as it was read."""
    if not recorded(deed, resource_id, item.changing(now=deed.now, **fields)):
        raise ConflictError(_CHANGED)
