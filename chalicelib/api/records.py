"""Records of a snapshot: browsed, one by one, through time, and compared; answered in the vendor's own bytes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import msgspec
from chalice.app import Blueprint, Response
from pydantic import Field

from chalicelib.api import answers
from chalicelib.api.caller import Caller
from chalicelib.api.endpoint import endpoint
from chalicelib.api.incoming import Incoming
from chalicelib.api.listing import place
from chalicelib.api.models import Listing, View
from chalicelib.archive.fields import FieldChange
from chalicelib.archive.listing import After
from chalicelib.archive.records import Record
from chalicelib.config import settings
from chalicelib.errors import InvalidFieldsError
from chalicelib.services import comparing, quotas, reading, snapshots
from chalicelib.services.comparing import Changed, Spot
from chalicelib.services.outside import outside
from chalicelib.services.reading import Asked, Order, Past
from chalicelib.store.snapshots import Snapshot

routes = Blueprint(__name__)

Sort = Literal["key", "-key", "cursor", "-cursor"]
_KINDS = ("added", "changed", "deleted")


class RecordListing(Listing):
    sort: Sort = Field(default="key", description="`-` for the other way round")
    prefix: str = Field(default="", max_length=1024, description="only keys that begin so; with `sort` by key")


class Comparison(Listing):
    with_: str = Field(alias="with", max_length=64, description="the snapshot to compare with: what it was before")
    stream: str | None = Field(default=None, max_length=128, description="only this stream")


class RecordView(View):
    """A record as the vendor sent it; `snapshotId` is the snapshot in which it last changed."""

    key: str
    cursor: str | float | None
    snapshot_id: str
    record: Any


class RecordsView(View):
    items: Sequence[RecordView]
    next_cursor: str | None


class PastView(View):
    """One version of a record; a deletion has no `record`."""

    snapshot_id: str
    change: Literal["added", "changed", "deleted"]
    record: Any


class HistoryView(View):
    items: Sequence[PastView]
    next_cursor: str | None


class FieldView(View):
    """One value that differs, by its JSON pointer; `before` or `after` is left out where there is none."""

    path: str
    before: Any
    after: Any


class ChangeView(View):
    """A record that differs; where `complete` is false, `fields` are the first of more than an answer can hold."""

    stream: str
    key: str
    change: Literal["added", "removed", "changed"]
    fields: Sequence[FieldView]
    complete: bool


class DiffView(View):
    items: Sequence[ChangeView]
    next_cursor: str | None


@endpoint(
    routes,
    "GET",
    "/sources/{source_id}/snapshots/{snapshot_id}/streams/{stream}/records",
    name="records.list",
    allow="records:view",
    query=RecordListing,
    returns=RecordsView,
    errors=(413,),
)
def list_(caller: Caller, source_id: str, snapshot_id: str, stream: str, query: RecordListing) -> Response:
    """Browse a stream's records as of a snapshot."""
    if query.prefix and query.sort.endswith("cursor"):
        details = [{"path": "prefix", "message": "goes only with `sort` by key"}]
        raise InvalidFieldsError("the query is not as expected", details=details)
    here = place(caller, "records.list", query, {"snapshot": snapshot_id, "stream": stream})
    snapshot, archive = snapshots.get(caller.account_id, source_id, snapshot_id), outside().archive
    chosen = reading.stream_of(snapshots.manifest(archive, snapshot), stream)
    found, more = reading.records(archive, snapshots.root(snapshot), chosen, _asked(query, here.after))
    following = here.cursor(_position(found[-1].version.key, found[-1].version.cursor)) if more else None
    return _answered({"items": [_record(one) for one in found], "nextCursor": following})


@endpoint(
    routes,
    "GET",
    "/sources/{source_id}/snapshots/{snapshot_id}/streams/{stream}/records/{key}",
    name="records.get",
    allow="records:view",
    returns=RecordView,
    errors=(413,),
)
def get(caller: Caller, source_id: str, snapshot_id: str, stream: str, key: str) -> Response:
    """Show one record as of a snapshot."""
    snapshot, archive = snapshots.get(caller.account_id, source_id, snapshot_id), outside().archive
    chosen = reading.stream_of(snapshots.manifest(archive, snapshot), stream)
    return _answered(_record(reading.record(archive, snapshots.root(snapshot), chosen, key)))


@endpoint(
    routes,
    "GET",
    "/sources/{source_id}/streams/{stream}/records/{key}/history",
    name="records.history",
    allow="records:view",
    query=Listing,
    returns=HistoryView,
    errors=(413,),
)
def history(caller: Caller, source_id: str, stream: str, key: str, query: Listing) -> Response:
    """List a record's versions, newest first, deletions included."""
    here = place(caller, "records.history", query, {"source": source_id, "stream": stream, "key": key})
    snapshot, archive = snapshots.newest(caller.account_id, source_id), outside().archive
    root = snapshots.root(snapshot)
    begun = here.after or _newest_directory(snapshot, stream, key)
    found = reading.past(archive, root, stream, key, begun, query.limit)
    earlier = found[-1].version.prior_directory if found else None
    following = here.cursor(earlier) if earlier else None
    return _answered({"items": [_past(one) for one in found], "nextCursor": following})


@endpoint(
    routes,
    "GET",
    "/sources/{source_id}/snapshots/{snapshot_id}/diff",
    name="snapshots.diff",
    allow="records:view",
    query=Comparison,
    returns=DiffView,
    errors=(429,),
)
def diff(caller: Caller, source_id: str, snapshot_id: str, query: Comparison) -> Response:
    """List what was added, changed and removed since another snapshot of the source."""
    here = place(caller, "snapshots.diff", query, {"snapshot": snapshot_id})
    quotas.take(caller.account.root_account_id, "comparisons", settings().comparisons_per_hour, caller.now)
    archive = outside().archive
    after, before = (snapshots.get(caller.account_id, source_id, one) for one in (snapshot_id, query.with_))
    two = comparing.Two(snapshots.root(after), snapshots.manifest(archive, before), snapshots.manifest(archive, after))
    found, more = comparing.differences(archive, two, query.stream, _spot(here.after), query.limit)
    following = here.cursor(_position(found[-1].stream, found[-1].difference.key)) if more else None
    return _answered({"items": [_change(one) for one in found], "nextCursor": following})


def _position(*parts: str | float | None) -> str:
    """Write a place in a list; as short as can be, since keys may be long and a cursor has to fit into an address."""
    return json.dumps(parts, ensure_ascii=False)


def _asked(query: RecordListing, after: str | None) -> Asked:
    return Asked(
        order=cast("Order", query.sort.lstrip("-")),
        backwards=query.sort.startswith("-"),
        prefix=query.prefix,
        after=After(*json.loads(after)) if after else None,
        limit=query.limit,
    )


def _newest_directory(snapshot: Snapshot, stream: str, key: str) -> str:
    archive = outside().archive
    chosen = reading.stream_of(snapshots.manifest(archive, snapshot), stream)
    return reading.newest_directory(archive, snapshots.root(snapshot), chosen, key)


def _spot(after: str | None) -> Spot | None:
    return Spot(*json.loads(after)) if after else None


def _record(found: Record) -> dict[str, Any]:
    version = found.version
    return {
        "key": version.key,
        "cursor": version.cursor,
        "snapshotId": version.snapshot,
        "record": msgspec.Raw(found.line),
    }


def _past(one: Past) -> dict[str, Any]:
    facts = {"snapshotId": one.version.snapshot, "change": _KINDS[one.version.change]}
    return facts if one.line is None else {**facts, "record": msgspec.Raw(one.line)}


def _change(one: Changed) -> dict[str, Any]:
    found = one.difference
    facts = {"stream": one.stream, "key": found.key, "change": found.kind, "complete": one.complete}
    return {**facts, "fields": [_field(field) for field in one.fields]}


def _field(change: FieldChange) -> dict[str, Any]:
    values = {"before": change.before, "after": change.after}
    return {"path": change.path} | {name: msgspec.Raw(text) for name, text in values.items() if text is not None}


def _answered(found: Mapping[str, Any]) -> Response:
    """Answer with the vendor's bytes as they are: no number is read and written again on the way."""
    return answers.answer(Incoming(routes.current_request), 200, msgspec.json.encode(found).decode())
