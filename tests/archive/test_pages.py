"""Pages: every record gets its key, or is kept aside with the reason why not."""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from chalicelib.archive.heads import heads
from chalicelib.archive.pages import Lines, read_page


def page(
    *records: bytes, key: str = "id", cursor: str | None = None, parents: str | Sequence[str] | None = None
) -> Lines:
    read = read_page([Raw(it) for it in records], heads(key, cursor), parents)
    return replace(read, lines=list(map(bytes, read.lines)))


def test_a_page_is_cut_into_columns() -> None:
    lines = page(b'{"id":"a","at":1}', b'{"id":"b","at":2}', cursor="at")

    assert (lines.keys, lines.cursors) == (["a", "b"], [1, 2])
    assert lines.hashes == [sha256(line).digest()[:16] for line in lines.lines]


def test_keys_and_cursors_may_lie_deep() -> None:
    record = b'{"properties":{"id":7,"at":"x"},"from":{"id":"z"}}'

    assert page(record, key="properties.id", cursor="properties.at").keys == ["7"]
    assert page(record, key="properties.id", cursor="properties.at").cursors == ["x"]
    assert page(record, key="from.id", cursor="properties.id").keys == ["z"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b'{"name":"x"}', "it has no key: id is missing"),
        (b'{"id":null}', "it has no key: id is of type NoneType"),
        (b'{"id":""}', "it has no key: id is empty"),
        (b'{"id":true}', "it has no key: id is of type bool"),
        (b'{"id":1.5}', "it has no key: id is of type float"),
        (b'{"id":{}}', "it has no key: id is of type dict"),
        (b'{"id":"\\ud83d"}', "its key is not valid Unicode: id"),
        (b'["id"]', "it is not a JSON object"),
        (b'{"id":', "it is not JSON, or too deep to read"),
        (b'{"id":1},{"id":2}', "it is not JSON, or too deep to read"),
        (b'{"id":1,"name":"\xff"}', "it is not valid UTF-8"),
        (b'{"id":1,"deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "it is not JSON, or too deep to read"),
    ],
)
def test_f44_f45_a_record_that_cannot_be_placed_is_kept_aside_and_the_others_are_not(
    record: bytes, reason: str
) -> None:
    lines = page(b'{"id":"a"}', record, b'{"id":"b"}')

    assert lines.keys == ["a", "b"]
    assert [(it.raw, it.reason) for it in lines.quarantined] == [(record, reason)]


@pytest.mark.parametrize(
    "odd",
    [
        b'"\\ud83d"',
        b"NaN",
        b"-Infinity",
        b"1e400",
        b"12345678901234567890123",
        b'"\\u0000"',
        b"1" * 5000,
        b"-0",
        b"10.00",
    ],
)
def test_f45_odd_values_are_stored_as_sent(odd: bytes) -> None:
    record = b'{"id":1,"value":' + odd + b',"value":2}'

    assert page(b'{"id":0}', record).lines == [b'{"id":0}', record]


def test_the_last_of_two_keys_counts_on_either_path() -> None:
    twice = b'{"id":1,"id":2}'

    assert page(twice).keys == page(twice, b'{"id":""}').keys == ["2"]


def test_integers_of_any_size_are_keys() -> None:
    assert page(b'{"id":-0}', b'{"id":12345678901234567890123}').keys == ["0", "12345678901234567890123"]


@pytest.mark.parametrize(
    ("cursor", "kept"),
    [(b"5", 5), (b"1.5", 1.5), (b'"x"', "x"), (b"null", None), (b"true", 1), (b"[1]", None), (b'"\\ud83d"', None),
     (b"99999999999999999999", "99999999999999999999"), (b"9223372036854775807", 2**63 - 1)],
)  # fmt: skip
def test_a_cursor_is_kept_as_what_can_be_sorted(cursor: bytes, kept: object) -> None:
    lines = page(b'{"id":1,"at":' + cursor + b"}", b'{"id":2}', cursor="at")

    assert lines.cursors == [kept, None]
    assert lines.keys == ["1", "2"]


def test_children_have_their_parents_before_their_keys() -> None:
    lines = page(b'{"id":"x"}', b'{"id":"y"}', parents=["a/b", "c"])

    assert lines.keys == ["a/b/x", "c/y"]
    assert lines.parents == [3, 1]
    assert lines.lines == [b'{"_parent":"a/b","id":"x"}', b'{"_parent":"c","id":"y"}']


def test_a_quarantined_child_does_not_shift_the_others_parents() -> None:
    lines = page(b"{}", b'{"id":"y"}', parents=["a", "c"])

    assert (lines.keys, lines.parents, len(lines.quarantined)) == (["c/y"], [1], 1)


@given(st.lists(st.dictionaries(st.sampled_from(["id", "at", "x"]), st.none() | st.integers() | st.text(max_size=3))))
def test_both_paths_agree(rows: list[dict[str, object]]) -> None:
    records = [json.dumps(row).encode() for row in rows]
    whole = page(*records, cursor="at")
    singly = [page(record, b"[]", cursor="at") for record in records]

    assert whole.keys == [key for one in singly for key in one.keys]
    assert whole.cursors == [cursor for one in singly for cursor in one.cursors]
    assert whole.lines == [line for one in singly for line in one.lines]
    assert len(whole.keys) + len(whole.quarantined) == len(records)
