"""The hash chain of an account's activity."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

GENESIS = "0" * 64
CHANGED = "it is not what was written"
PARTED = "it does not follow the one before it: something was taken out or put in between"
CUT_OFF = (
    "the head of the chain names another event than the last: the tail was cut off, or the head is not what was written"
)


class Break(NamedTuple):
    """Where a chain breaks: `at` the event of this index, or (behind the last) at the head; and what is wrong there."""

    at: int
    what: str


def link(previous_hash: str, event: Mapping[str, Any]) -> str:
    """Hash an event together with the hash before it; `event` holds JSON values only."""
    written = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous_hash}\n{written}".encode()).hexdigest()


def first_break(events: Iterable[tuple[str, str, Mapping[str, Any]]], head: tuple[int, str] | None) -> Break | None:
    """Find the first of (previous hash, hash, event) that does not fit; None where the chain holds up to its head.

    `head` is the newest event's sequence and hash, None before there was one. Where the first event given is not the
    account's first, it is taken at its word: what came before it may have expired.
    """
    expected, length, end = None, 0, None
    for index, (previous, own, event) in enumerate(events):
        begins = GENESIS if event["sequence"] == 1 else previous
        if previous != (expected or begins):
            return Break(index, PARTED)
        if link(previous, event) != own:
            return Break(index, CHANGED)
        expected, length, end = own, index + 1, (event["sequence"], own)
    return None if end == head else Break(length, CUT_OFF)
