"""Draws the same values from the same seed, cheaply enough to do it for every record of every page."""

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

import msgspec

T = TypeVar("T")
MASK = (1 << 64) - 1


def mix(value: int) -> int:
    """Scramble 64 bits (SplitMix64)."""
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def seed_of(*parts: object) -> int:
    """Fold names and numbers into one seed."""
    return mix(crc32("\x1f".join(map(str, parts)).encode()))


class Chance:
    """Draws one record's values, in order."""

    __slots__ = ("_state",)

    def __init__(self, seed: int, ordinal: int) -> None:
        self._state = mix(seed ^ (ordinal * 0xD1342543DE82EF95 & MASK))

    def below(self, limit: int) -> int:
        self._state = state = (self._state * 6364136223846793005 + 1442695040888963407) & MASK
        return (state >> 24) % limit  # the low bits of such a generator repeat too soon

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def one_in(self, count: int) -> bool:
        return self.below(count) == 0

    def hexadecimal(self, length: int) -> str:
        return f"{self.below(1 << 32):08x}{self.below(1 << 32):08x}"[:length]


def literal(text: str) -> msgspec.Raw:
    """Keep a JSON value in exactly this spelling."""
    return msgspec.Raw(text.encode())
