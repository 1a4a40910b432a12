"""The recycle bin: objects archived in the last 90 days, of every type, under the key `type/id`."""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading
from chalicelib.connectors.hubspot.custom import by_type, types_or_unknown
from chalicelib.connectors.hubspot.objects import Objects
from chalicelib.connectors.hubspot.pages import everything
from chalicelib.connectors.hubspot.properties import properties
from chalicelib.connectors.hubspot.types import TYPES
from chalicelib.connectors.paging import record_id


def all_types(fetch: Fetch) -> Sequence[str]:
    """List the standard object types, then the account's own."""
    return [*TYPES, *types_or_unknown(fetch)]


def _archived(kind: str) -> Reader:
    ids = everything(f"/crm/v3/objects/{kind}", archived="true", properties="hs_object_id")

    def read(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        page = ids(fetch, reading, position)
        if not page.records:
            return page
        named = [record_id(row) for row in page.records]
        found = Objects(kind).read(fetch, named, properties(fetch, kind), archived=True)
        return replace(page, records=found.rows, skipped=found.skipped)

    return read


archived = by_type(all_types, _archived)
