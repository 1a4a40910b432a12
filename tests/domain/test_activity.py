"""The hash chain."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.activity import GENESIS, first_break, link

Chain = list[tuple[str, str, dict[str, Any]]]
FACTS = st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text())))


def chained(events: list[dict[str, Any]]) -> Chain:
    previous, chain = GENESIS, []
    for event in events:
        own = link(previous, event)
        chain.append((previous, own, event))
        previous = own
    return chain


@given(st.lists(FACTS))
def test_an_untouched_chain_holds(events: list[dict[str, Any]]) -> None:
    assert first_break(chained(events)) is None


@given(st.lists(FACTS, min_size=1), st.data())
def test_a_changed_event_is_named(events: list[dict[str, Any]], data: st.DataObject) -> None:
    chain, at = chained(events), data.draw(st.integers(0, len(events) - 1))
    previous, own, event = chain[at]
    chain[at] = (previous, own, {**event, "tampered": True})

    assert first_break(chain) == at


@given(st.lists(FACTS, min_size=3), st.data())
def test_a_removed_event_breaks_the_chain_where_it_was(events: list[dict[str, Any]], data: st.DataObject) -> None:
    chain, at = chained(events), data.draw(st.integers(1, len(events) - 2))
    del chain[at]

    assert first_break(chain) == at


def test_expired_events_at_the_beginning_break_nothing() -> None:
    assert first_break(chained([{"n": number} for number in range(5)])[2:]) is None
