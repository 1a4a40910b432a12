"""The hash chain of an account's activity."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

GENESIS = "0" * 64


def link(previous_hash: str, event: Mapping[str, Any]) -> str:
    """Hash an event together with the hash before it; `event` holds JSON values only."""
    written = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous_hash}\n{written}".encode()).hexdigest()


def first_break(events: Iterable[tuple[str, str, Mapping[str, Any]]]) -> int | None:
    """Find the index of the first of (previous hash, hash, event) that does not fit; None where the chain holds.

    The first event is taken at its word: what came before it may have expired.
    """
    expected: str | None = None
    for index, (previous, own, event) in enumerate(events):
        if expected not in (None, previous) or link(previous, event) != own:
            return index
        expected = own
    return None
