"""The ids of a portal: numbers mostly, UUIDs for forms."""

from uuid import UUID

from sandbox.chance import mix


class NumericIds:
    """Grows by a step, so that ids between two records exist nowhere."""

    def __init__(self, first: int, step: int = 1) -> None:
        self.first = first
        self.step = step

    def key(self, ordinal: int) -> str:
        return str(self.first + ordinal * self.step)

    def ordinal(self, key: str) -> int | None:
        if not key.isdigit() or (int(key) - self.first) % self.step:
            return None
        return (int(key) - self.first) // self.step

    def at_or_after(self, key: int) -> int:
        """Return the first ordinal whose id is `key` or more."""
        return max(0, -(-(key - self.first) // self.step))


class UuidIds:
    def __init__(self, seed: int) -> None:
        self._high = mix(seed) << 64

    def key(self, ordinal: int) -> str:
        return str(UUID(int=self._high | ordinal))

    def ordinal(self, key: str) -> int | None:
        try:
            return UUID(key).int ^ self._high
        except ValueError:
            return None
