"""Lines are the vendor's own bytes, whatever JSON they are."""

import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from chalicelib.archive.lines import splice, squeeze, strip, tighten

STRINGS = st.text(max_size=6).map(lambda text: json.dumps(text, ensure_ascii=False)) | st.sampled_from(
    ['"a  b"', '"\\" : "', '"\\\\"', '"\\u0000"', '"\\ud83d"', '"\\n\\t"', '"{ \\"a\\" : 1 }"', '"\U0001f600"']
)
NUMBERS = st.sampled_from(["10.00", "1e400", "-0", "12345678901234567890123", "0.12345678901234567890", "1E+2", "7"])
BLANKS = st.sampled_from(["", "", " ", "\n", "\r\n\t", "  "])


def joined(opening: str, closing: str) -> "st.SearchStrategy[str]":
    pieces = st.tuples(st.lists(MEMBERS if opening == "{" else VALUES, max_size=3), BLANKS)
    return pieces.map(lambda it: opening + it[1] + f"{it[1]},{it[1]}".join(it[0]) + it[1] + closing)


VALUES: "st.SearchStrategy[str]" = st.deferred(
    lambda: NUMBERS | STRINGS | st.sampled_from(["true", "false", "null"]) | joined("{", "}") | joined("[", "]")
)
NAMES = st.sampled_from(['"id"', '"id"', '"_parent"', '"é"']) | STRINGS
MEMBERS: "st.SearchStrategy[str]" = st.tuples(NAMES, BLANKS, VALUES).map(lambda it: f"{it[0]}{it[1]}:{it[1]}{it[2]}")
OBJECTS = joined("{", "}").map(str.encode)


def tokens(text: bytes) -> list[bytes]:
    """Cut JSON into its tokens, by other means than the code under test."""
    return re.findall(rb'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+', text)


def tightened(*records: bytes) -> list[bytes]:
    return list(map(bytes, tighten([Raw(record) for record in records], b",".join(records))))


@given(OBJECTS)
def test_squeezing_keeps_every_token_and_no_space_between_them(record: bytes) -> None:
    assert squeeze(record) == b"".join(tokens(record))


@given(st.lists(OBJECTS, max_size=4))
def test_a_line_is_what_was_sent_unless_that_had_breaks(records: list[bytes]) -> None:
    lines = tightened(*records)

    for line, record in zip(lines, records, strict=True):
        broken = any(it in record for it in (b"\n", b"\r", b"\t"))
        assert line == (b"".join(tokens(record)) if broken else record)
        assert b"\n" not in line


@given(st.lists(OBJECTS, min_size=1, max_size=4))
def test_a_record_makes_the_same_line_whatever_page_it_comes_with(records: list[bytes]) -> None:
    assert tightened(*records) == [line for record in records for line in tightened(record)]


@given(st.text(st.characters(exclude_categories=["Cs"])), OBJECTS)
def test_a_child_gives_back_its_parent_and_the_vendors_bytes(parent: str, record: bytes) -> None:
    assert strip(splice(parent, squeeze(record))) == (parent, squeeze(record))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.dictionaries(st.text(max_size=3), st.integers()))
def test_a_childs_line_is_json_that_names_its_parent_first(parent: str, record: dict[str, int]) -> None:
    line = splice(parent, msgspec.json.encode(record))

    pairs = json.loads(line, object_pairs_hook=list)
    assert pairs == [["_parent", parent], *map(list, record.items())] or pairs == [
        ("_parent", parent),
        *record.items(),
    ]


def test_a_line_without_a_parent_is_refused() -> None:
    with pytest.raises(ValueError, match="no parent"):
        strip(b'{"id":1}')
