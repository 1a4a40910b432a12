"""The faults that damage the rows of a page, or the way from one page to the next."""

import zlib
from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.faults import Hit, fault
from sandbox.messages import Response
from sandbox.spelling import encode, keep_spelling, pretty

Page = dict[str, Any]
MEBIBYTE = b"x" * 1024 * 1024
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


@fault("shuffled_rows")
def shuffled_rows(hit: Hit) -> Response:
    """Send the rows of a page in another order than the one that was asked for."""

    def damage(page: Page) -> None:
        rows = page[hit.vendor.envelope.rows]
        page[hit.vendor.envelope.rows] = rows[1::2] + rows[::2]

    return _damaged(hit, damage)


@fault("wrong_total")
def wrong_total(hit: Hit) -> Response:
    """Count `count` rows more than there are."""
    return _damaged(hit, lambda page: page.update(total=page["total"] + hit.rule.count))


@fault("huge_row")
def huge_row(hit: Hit) -> Response:
    """Make the row whose key is `text` `mebibytes` MiB large, where it is on the page or is itself the answer."""
    response, mark = hit.proceed(), b'"huge"'
    page = keep_spelling(response.body) if isinstance(response.body, bytes) else {}
    rows = page.get(hit.vendor.envelope.rows, [page])
    grown = [row for row in rows if row.get(hit.vendor.envelope.key) == hit.rule.text]
    for row in grown:
        row[hit.rule.field or "grown"] = msgspec.Raw(mark)
    return _swollen(encode(page).split(mark), hit.rule.mebibytes) if grown else response


def _swollen(around: list[bytes], mebibytes: int) -> Response:
    """Put so much text between the pieces of a body; compressed, as otherwise it would have to be in memory."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    packed = [packer.compress(around[0] + b'"')]
    packed += [packer.compress(MEBIBYTE) for _ in range(mebibytes)]
    packed += [packer.compress(b'"' + around[1]), packer.flush()]
    return Response(200, b"".join(packed), headers={"Content-Encoding": "gzip"}, encoded=True)


@fault("foreign_next")
def foreign_next(hit: Hit) -> Response:
    """Make every URL of ours in the answer point to another host."""
    response = hit.proceed()
    if isinstance(response.body, bytes):
        response.body = response.body.replace(hit.request.origin.encode() + b"/", hit.rule.location.encode())
    return response


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
