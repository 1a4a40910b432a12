"""The faults that damage the rows of a page, or the way from one page to the next."""

from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.faults import Hit, fault
from sandbox.messages import Response
from sandbox.spelling import encode, keep_spelling, pretty

Page = dict[str, Any]
SURROGATE = rb'"broken \ud83d surrogate"'
SPELLINGS = {
    "lone_surrogate": SURROGATE,
    "not_a_number": b"NaN",
    "huge_number": b"1e400",
    "long_integer": b"12345678901234567890123",
    "invalid_utf8": b'"caf\xe9 \xff"',
    "nul": rb'"nul \u0000 byte"',
}


@fault("repeated_cursor")
def repeated_cursor(hit: Hit) -> Response:
    """Send the previous page again, so that its cursor comes again too."""
    return hit.answers[-1] if hit.answers else hit.proceed()


@fault("cycle")
def cycle(hit: Hit) -> Response:
    """Send the page before the previous one: A, B, A."""
    return hit.answers[-2] if len(hit.answers) > 1 else hit.proceed()


@fault("insert_head")
def insert_head(hit: Hit) -> Response:
    """Create records before the page is read, so that rows move towards the end."""
    hit.vendor.account(hit.vendor.account_of(hit.request)).create(_collection(hit), hit.rule.count, {})
    return hit.proceed()


@fault("delete_row")
def delete_row(hit: Hit) -> Response:
    """Delete records before the page is read, so that rows move towards the start."""
    account = hit.vendor.account(hit.vendor.account_of(hit.request))
    account.delete(_collection(hit), account.keys(_collection(hit), 0, hit.rule.count))
    return hit.proceed()


@fault("null_list")
def null_list(hit: Hit) -> Response:
    def damage(page: Page) -> None:
        page[hit.vendor.envelope.rows] = None

    return _damaged(hit, damage)


@fault("missing_envelope")
def missing_envelope(hit: Hit) -> Response:
    """Leave the list out."""

    def damage(page: Page) -> None:
        page.pop(hit.vendor.envelope.rows, None)

    return _damaged(hit, damage)


@fault("missing_end")
def missing_end(hit: Hit) -> Response:
    """Leave out what says whether there is more."""

    def damage(page: Page) -> None:
        for name in hit.vendor.envelope.more:
            page.pop(name, None)

    return _damaged(hit, damage)


@fault("rows_without_key")
def rows_without_key(hit: Hit) -> Response:
    """Take the key out of the first `count` rows."""
    return _damaged_rows(hit, lambda row: row.pop(hit.vendor.envelope.key, None))


@fault("null_key")
def null_key(hit: Hit) -> Response:
    return _damaged_rows(hit, lambda row: row.update({hit.vendor.envelope.key: None}))


@fault("duplicate_rows")
def duplicate_rows(hit: Hit) -> Response:
    """Send the first `count` rows twice and leave as many of the last ones out."""

    def damage(page: Page) -> None:
        rows = page[hit.vendor.envelope.rows]
        count = min(hit.rule.count, len(rows) // 2)
        page[hit.vendor.envelope.rows] = rows[:count] + rows[: len(rows) - count]

    return _damaged(hit, damage)


@fault("duplicate_members")
def duplicate_members(hit: Hit) -> Response:
    """Give the first rows a member twice, with two values."""

    def damage(rows: list[Any]) -> None:
        for at, row in enumerate(rows[: hit.rule.count]):
            rows[at] = msgspec.Raw(encode(row)[:-1] + b',"twice":1,"twice":2}')

    return _damaged(hit, lambda page: damage(page[hit.vendor.envelope.rows]))


@fault("odd_value")
def odd_value(hit: Hit) -> Response:
    """Put a value that parsers stumble over into the first rows; `text` names it or spells it."""
    spelling = SPELLINGS.get(hit.rule.text, hit.rule.text.encode())
    name = hit.rule.field or "odd"
    return _damaged_rows(hit, lambda row: row.update({name: msgspec.Raw(spelling)}))


@fault("extra_field")
def extra_field(hit: Hit) -> Response:
    """Send a field nobody knows in every row."""
    hit.rule.count = 1_000_000
    return _damaged_rows(hit, lambda row: row.update({hit.rule.field or "introduced_today": {"beta": True}}))


@fault("changed_type")
def changed_type(hit: Hit) -> Response:
    """Turn a field of the first rows into a string, whatever it was."""
    return _damaged_rows(hit, lambda row: row.update({hit.rule.field: encode(row.get(hit.rule.field)).decode()}))


@fault("foreign_next")
def foreign_next(hit: Hit) -> Response:
    """Make every URL of ours in the answer point to another host."""
    response = hit.proceed()
    if isinstance(response.body, bytes):
        response.body = response.body.replace(hit.request.origin.encode() + b"/", hit.rule.location.encode())
    return response


def _collection(hit: Hit) -> str:
    return hit.rule.collection or hit.vendor.collection_of(hit.request.path)


def _damaged(hit: Hit, damage: Callable[[Page], object]) -> Response:
    response = hit.proceed()
    page = keep_spelling(response.body) if isinstance(response.body, bytes) else None
    if isinstance(page, dict):
        damage(page)
        response.body = pretty(encode(page)) if b"\n" in response.body else encode(page)
    return response


def _damaged_rows(hit: Hit, damage: Callable[[dict[str, Any]], object]) -> Response:
    def each(page: Page) -> None:
        for row in page.get(hit.vendor.envelope.rows, [])[: hit.rule.count]:
            damage(row)

    return _damaged(hit, each)
