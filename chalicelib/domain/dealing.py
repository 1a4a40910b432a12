"""Dealing work out to as few workers as are worth having, evenly."""

import math
from collections.abc import Mapping
from heapq import heapify, heapreplace
from typing import TypeVar

T = TypeVar("T")


def dealt(weights: Mapping[T, int], *, most: int, worth: int) -> list[tuple[T, ...]]:
    """Deal pieces of work out to at most `most` workers, each `worth` that weight or more; the heaviest pieces first.

    Every piece is dealt once, and no worker gets a second one while another's are lighter.
    """
    count = min(most, len(weights), math.ceil(sum(weights.values()) / worth))
    hands: list[list[T]] = [[] for _ in range(count)]
    loads = [(0, number) for number in range(count)]
    heapify(loads)
    for piece in sorted(weights, key=lambda one: -weights[one]):
        load, number = loads[0]
        hands[number].append(piece)
        heapreplace(loads, (load + weights[piece], number))
    return [tuple(hand) for hand in hands]


def workers_for(requests: float, seconds: float, *, latency_seconds: float, most: int) -> int:
    """Tell how many workers, asking one request after the other, use up a rate limit (Little's law); two at least."""
    return max(2, min(most, math.ceil(requests / seconds * latency_seconds)))
