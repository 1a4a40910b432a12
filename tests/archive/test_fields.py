"""Field by field: exact, and never less than what differs."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.fields import FieldChange, field_changes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


def test_what_differs_is_named_by_its_json_pointer() -> None:
    before = b'{"a":1,"b":{"c/d":[1,2],"e":"x"},"gone":10.00}'
    after = b'{"a":1,"b":{"c/d":[1,3,4],"e":"x"},"new":null}'

    assert list(field_changes(before, after)) == [
        FieldChange("/b/c~1d/1", b"2", b"3"),
        FieldChange("/b/c~1d/2", None, b"4"),
        FieldChange("/gone", b"10.00", None),
        FieldChange("/new", None, b"null"),
    ]


def test_numbers_are_compared_as_written() -> None:
    assert list(field_changes(b'{"a":10.00}', b'{"a":10.0}')) == [FieldChange("/a", b"10.00", b"10.0")]


def test_what_msgspec_does_not_read_is_given_whole() -> None:
    before, after = b'{"a":"\\ud83d"}', b'{"a":"x"}'

    assert list(field_changes(before, after)) == [FieldChange("", before, after)]


@given(JSON, JSON)
def test_the_changes_turn_one_value_into_the_other(before: object, after: object) -> None:
    changes = list(field_changes(msgspec.json.encode(before), msgspec.json.encode(after)))

    assert patched(before, changes) == after


def patched(value: object, changes: list[FieldChange]) -> object:
    """Apply changes as a reader would."""
    copy = json.loads(json.dumps({"root": value}))
    for change in reversed(changes):
        names = ["root", *(it.replace("~1", "/").replace("~0", "~") for it in change.path.split("/")[1:])]
        holder = copy
        for name in names[:-1]:
            holder = holder[int(name)] if isinstance(holder, list) else holder[name]
        last: Any = int(names[-1]) if isinstance(holder, list) else names[-1]
        if change.after is None:
            del holder[last]
        elif isinstance(holder, list) and last >= len(holder):
            while len(holder) <= last:
                holder.append(None)
            holder[last] = json.loads(change.after)
        else:
            holder[last] = json.loads(change.after)
    return copy["root"]
