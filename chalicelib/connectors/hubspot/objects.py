"""HubSpot's CRM objects, with every property they have in this account.

Unasked, HubSpot sends a handful of properties; so the account's property list is read before any object. The listing
is in the order of ids and has no filter by change; what changed is found by searching, whose index lags and whose
results end at 10,000. So each search begins after the last id found, and is never deeper than a page. It only says
which objects to read: their bytes come from the same kind of read as the listing's.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import Facts, Fetch, Page, Position, Reading, Request, Skipped
from chalicelib.connectors.hubspot.batches import BatchOfRows, lacking, singly
from chalicelib.connectors.hubspot.pages import PAGE, everything
from chalicelib.connectors.hubspot.properties import properties
from chalicelib.connectors.oversize import unread
from chalicelib.connectors.paging import answered, record_id
from chalicelib.connectors.refusals import PayloadTooLargeError
from chalicelib.errors import FatalError, RetryableError

LONGEST_QUERY = 6_000
SEARCHED = 200
COUNTS = 2
INDEX_LAG = timedelta(minutes=10)
"""How HubSpot's search index may lag; everything changed that long before the last reading is looked at again."""


class _Identified(msgspec.Struct):
    id: str


class _Search(msgspec.Struct):
    total: int
    results: list[_Identified]


@dataclass(slots=True)
class Found:
    """What was read of the objects that were asked for, and those of them that are there but cannot be read."""

    rows: list[Raw] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True)
class Objects:
    """Reads one object type; `modified` is the property that tells when an object was changed."""

    kind: str
    modified: str = "hs_lastmodifieddate"

    @property
    def path(self) -> str:
        """Give where the type is listed."""
        return f"/crm/v3/objects/{self.kind}"

    def prepare(self, fetch: Fetch) -> Facts:
        """Learn the type's properties."""
        return {"properties": properties(fetch, self.kind)}

    def full(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """List every object; where its properties are too many or too large to be listed, list ids and read by them."""
        names = reading.facts["properties"]
        if len(quote(",".join(names))) <= LONGEST_QUERY:
            with suppress(PayloadTooLargeError):
                whole = everything(self.path, archived="false", properties=",".join(names))
                return _marked(whole(fetch, reading, position), reading)
        page = everything(self.path, archived="false", properties="hs_object_id")(fetch, reading, position)
        found = self.read(fetch, [record_id(row) for row in page.records], names)
        return _marked(replace(page, records=found.rows, skipped=found.skipped), reading)

    def changes(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read what was changed, then name what is in the recycle bin."""
        here = position or {"after": 0}
        if "after" in here:
            return self._changed(fetch, reading, here)
        page = everything(self.path, archived="true", properties="hs_object_id")(fetch, reading, here["archived"])
        following = {"archived": page.next} if page.next is not None else None
        return _marked(Page((), following, deleted=[record_id(row) for row in page.records]), reading)

    def read(self, fetch: Fetch, ids: Sequence[str], names: Sequence[str], *, archived: bool = False) -> Found:
        """Read objects by their ids, as the listing would show them; those that are gone are left out."""
        found = Found()
        for some in _of(ids, PAGE):
            self._read_into(found, fetch, some, names, archived=archived)
        return found

    def _read_into(
        self, found: Found, fetch: Fetch, ids: Sequence[str], names: Sequence[str], *, archived: bool
    ) -> None:
        """Read some objects together; where they are too large together, each half of them apart."""
        try:
            found.rows += self._batch(fetch, ids, names, archived=archived)
        except PayloadTooLargeError:
            if len(ids) == 1:
                found.skipped.append(unread(ids[0]))
                return
            for half in _of(ids, -(-len(ids) // 2)):
                self._read_into(found, fetch, half, names, archived=archived)

    def _batch(self, fetch: Fetch, ids: Sequence[str], names: Sequence[str], *, archived: bool) -> list[Raw]:
        body = {"inputs": [{"id": each} for each in ids], "properties": list(names), "propertiesWithHistory": []}
        params = {"archived": "true"} if archived else {}
        request = Request(f"{self.path}/batch/read", "POST", params=params, body=body)
        answer, _ = answered(fetch, request, BatchOfRows)
        answer.whole()
        unsaid = set(lacking(ids, answer.rows)) - answer.not_found() if len(answer.rows) < len(ids) else ()
        self._gone(fetch, sorted(unsaid), params)
        return answer.rows

    def _gone(self, fetch: Fetch, ids: Sequence[str], params: Mapping[str, str]) -> None:
        """Make sure that objects are gone, or merged into others; raises RetryableError for one that is there."""
        for one in singly(fetch, ids, lambda each: Request(f"{self.path}/{each}", params=params), Raw):
            if record_id(one) in ids:
                raise RetryableError(f"HubSpot left object {record_id(one)} out of a batch, though it is there")

    def _changed(self, fetch: Fetch, reading: Reading, here: Position) -> Page:
        """Read some of what was changed; the type's properties are asked for with the first of it, and kept."""
        search = self._counted(fetch, self._search(reading, here["after"]))
        if not search.results:
            return Page((), {"archived": None})
        ids, names = [each.id for each in search.results], here.get("names") or properties(fetch, self.kind)
        found = self.read(fetch, ids, names)
        missing = set(ids) - {record_id(row) for row in found.rows} - {one.key for one in found.skipped}
        ended = search.total <= len(ids)
        following = {"archived": None} if ended else {"after": _last(ids, here["after"]), "names": names}
        return Page(found.rows, following, deleted=sorted(missing), skipped=found.skipped)

    def _counted(self, fetch: Fetch, search: Request) -> _Search:
        """Search; once more where objects are counted and none is shown. Raises FatalError where that stays so."""
        for _ in range(COUNTS):
            told, _answer = answered(fetch, search, _Search)
            if told.results or not told.total:
                return told
        raise FatalError(f"count_mismatch: HubSpot's search counts {told.total} more objects than it shows")

    def _search(self, reading: Reading, after: int) -> Request:
        since = int(reading.since) - int(INDEX_LAG.total_seconds() * 1000)
        body = {
            "filterGroups": [
                {
                    "filters": [
                        {"propertyName": self.modified, "operator": "GTE", "value": str(since)},
                        {"propertyName": "hs_object_id", "operator": "GT", "value": str(after)},
                    ]
                }
            ],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": ["hs_object_id"],
            "limit": SEARCHED,
        }
        return Request(f"{self.path}/search", "POST", body=body, limit="search")


def _marked(page: Page, reading: Reading) -> Page:
    """Leave the vendor's time at the start of the job behind, in milliseconds, for the next incremental reading."""
    if page.next is None and reading.until is not None:
        return replace(page, since=int(reading.until.timestamp() * 1000))
    return page


def _last(ids: Sequence[str], after: int) -> int:
    last = max(int(each) for each in ids)
    if last <= after:
        raise FatalError("cursor_loop: HubSpot's search does not go on from the last id; it cannot be finished")
    return last


def _of(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (items[at : at + size] for at in range(0, len(items), size))
