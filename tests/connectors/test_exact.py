"""Pages that the fast parser refuses: their records keep their bytes all the same."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from chalicelib.connectors import exact
from chalicelib.connectors.paging import decoded
from chalicelib.errors import RetryableError


class Envelope(msgspec.Struct, rename={"rows": "data", "more": "has_more"}):
    rows: list[Raw]
    more: bool
    url: str = ""


ODD = [
    b'{"id":1,"score":NaN}',
    b'{"id":2,"score":-Infinity}',
    b'{"id":3,"half":"\\ud83d"}',
    b'{"id":12345678901234567890123,"a":1e400,"a":2}',
    b'{ "id" : 10.00 , "text": "},{" }',
]


def test_odd_records_keep_their_bytes() -> None:
    body = b'{"object":"list", "data" : [%s] ,"has_more":true}' % b" ,\n".join(ODD)

    page = decoded(body, Envelope)

    assert [bytes(row) for row in page.rows] == ODD
    assert page.more


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[{"id":NaN},{"id":2',
        b'{"data":[NaN],"has_more":',
        b'{"data":[NaN]}',
        b'{"data":{"a":NaN},"has_more":true}',
        b'{"data":[NaN],"has_more":1}',
        b'{"data":NaN,"has_more":true}',
        b"[NaN]",
        b"{",
        b"nonsense",
    ],
)
def test_what_is_no_whole_page_is_worth_asking_for_again(body: bytes) -> None:
    with pytest.raises(RetryableError):
        decoded(body, Envelope)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(values, max_size=6), st.booleans(), st.text(), st.sampled_from([None, 1]))
def test_the_slow_way_cuts_as_the_fast_one_does(rows: list[Any], more: bool, url: str, indent: int | None) -> None:
    body = json.dumps({"data": rows, "has_more": more, "url": url, "other": rows}, indent=indent).encode()

    page = exact.decode(body, Envelope)

    assert [json.dumps(json.loads(bytes(row))) for row in page.rows] == [json.dumps(row) for row in rows]
    assert (page.more, page.url) == (more, url)


@given(st.lists(values, max_size=3), st.data())
def test_a_page_cut_off_anywhere_is_noticed(rows: list[Any], data: st.DataObject) -> None:
    body = json.dumps({"data": rows, "has_more": False}).encode()
    cut = data.draw(st.integers(0, len(body) - 1))

    with pytest.raises(RetryableError):
        decoded(body[:cut], Envelope)
