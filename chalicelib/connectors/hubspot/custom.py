"""Custom objects: the types an account has made itself, found at the start of each job."""

from collections.abc import Callable, Sequence

import msgspec

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading, Request
from chalicelib.connectors.grouped import Grouped
from chalicelib.connectors.hubspot.types import CUSTOM
from chalicelib.connectors.paging import answered
from chalicelib.errors import ForbiddenStreamError

SCHEMAS = Request("/crm-object-schemas/v3/schemas", params={"archived": "false"})
UNKNOWN = "2-"
"""The group of all types of the account's own, where it may not be asked which there are."""


class _Schema(msgspec.Struct, rename={"type_id": "objectTypeId"}):
    type_id: str


class _Schemas(msgspec.Struct):
    results: list[_Schema]


def custom_types(fetch: Fetch) -> Sequence[str]:
    """List the ids of the account's own types; raises ForbiddenStreamError where schemas may not be read."""
    answer, _ = answered(fetch, SCHEMAS, _Schemas)
    return [each.type_id for each in answer.results]


def types_or_unknown(fetch: Fetch) -> Sequence[str]:
    """List the ids of the account's own types, or UNKNOWN for them all where schemas may not be read."""
    try:
        return custom_types(fetch)
    except ForbiddenStreamError:
        return [UNKNOWN]


def pairs(own: Sequence[str]) -> list[tuple[str, str]]:
    """Pair the account's own types with every type of HubSpot's, and with each other, one way round."""
    return [(kind, other) for kind in own for other in (*CUSTOM.near, *(each for each in own if each >= kind))]


def by_type(groups: Callable[[Fetch], Sequence[str]], read: Callable[[str], Reader]) -> Grouped:
    """Read the same kind of list for each group; that of the unknown types is refused, so that it is told and kept."""
    return Grouped(groups, lambda group: _refused if group == UNKNOWN else read(group))


def _refused(_fetch: Fetch, _reading: Reading, _position: Position | None) -> Page:
    raise ForbiddenStreamError("the connection may not list the account's own object types; authorize it with that")
