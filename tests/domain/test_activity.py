"""The hash chain."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.activity import CHANGED, CUT_OFF, GENESIS, PARTED, first_break, link

Chain = list[tuple[str, str, dict[str, Any]]]
FACTS = st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text())))


def chained(events: list[dict[str, Any]]) -> Chain:
    previous, chain = GENESIS, []
    for number, facts in enumerate(events, start=1):
        event = {**facts, "sequence": number}
        own = link(previous, event)
        chain.append((previous, own, event))
        previous = own
    return chain


def head_of(chain: Chain) -> tuple[int, str] | None:
    return (len(chain), chain[-1][1]) if chain else None


@given(st.lists(FACTS))
def test_an_untouched_chain_holds(events: list[dict[str, Any]]) -> None:
    chain = chained(events)

    assert first_break(chain, head_of(chain)) is None


@given(st.lists(FACTS, min_size=1), st.data())
def test_a_changed_event_is_named(events: list[dict[str, Any]], data: st.DataObject) -> None:
    chain, at = chained(events), data.draw(st.integers(0, len(events) - 1))
    head = head_of(chain)
    previous, own, event = chain[at]
    chain[at] = (previous, own, {**event, "tampered": True})

    assert first_break(chain, head) == (at, CHANGED)


@given(st.lists(FACTS, min_size=3), st.data())
def test_a_removed_event_breaks_the_chain_where_it_was(events: list[dict[str, Any]], data: st.DataObject) -> None:
    chain, at = chained(events), data.draw(st.integers(1, len(events) - 2))
    head = head_of(chain)
    del chain[at]

    assert first_break(chain, head) == (at, PARTED)


@given(st.lists(FACTS, min_size=1), st.data())
def test_s53_a_tail_that_was_cut_off_shows_by_the_head(events: list[dict[str, Any]], data: st.DataObject) -> None:
    chain, left = chained(events), data.draw(st.integers(0, len(events) - 1))

    assert first_break(chain[:left], head_of(chain)) == (left, CUT_OFF)


def test_s53_a_first_event_that_follows_something_is_not_the_first() -> None:
    second = chained([{}, {}])[1]
    forged = {"sequence": 1}
    chain = [(second[1], link(second[1], forged), forged)]

    assert first_break(chain, head_of(chain)) == (0, PARTED)


@pytest.mark.parametrize("head", [None, (1, "f" * 64), (2, None)])
def test_s53_a_head_that_is_gone_or_names_another_event_is_told(head: tuple[int, str | None] | None) -> None:
    chain = chained([{}])
    given_head = (head[0], head[1] or chain[0][1]) if head else None

    assert first_break(chain, given_head) == (1, CUT_OFF)


def test_expired_events_at_the_beginning_break_nothing() -> None:
    chain = chained([{"n": number} for number in range(5)])

    assert first_break(chain[2:], head_of(chain)) is None
