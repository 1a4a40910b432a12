"""Custom objects: the types an account has made itself, found at the start of each job."""

from collections.abc import Sequence

import msgspec

from chalicelib.connectors.connector import Fetch, Request
from chalicelib.connectors.paging import answered
from chalicelib.errors import ForbiddenStreamError


class _Schema(msgspec.Struct, rename={"type_id": "objectTypeId"}):
    type_id: str


class _Schemas(msgspec.Struct):
    results: list[_Schema]


def custom_types(fetch: Fetch) -> Sequence[str]:
    """List the ids of the account's own types; none where schemas may not be read, as the stream `schemas` reports."""
    try:
        answer, _ = answered(fetch, Request("/crm-object-schemas/v3/schemas", params={"archived": "false"}), _Schemas)
    except ForbiddenStreamError:
        return []
    return [each.type_id for each in answer.results]
