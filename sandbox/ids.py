"""Ids that look random and still say which record they belong to."""

from sandbox.chance import seed_of

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
VALUES = {digit: value for value, digit in enumerate(DIGITS)}
FACTOR = 6364136223846793005  # shares no divisor with 62


class Ids:
    """Maps ordinals to ids such as cus_9s6XKzkNRiz8i3 and back."""

    def __init__(self, prefix: str, length: int, *salt: object) -> None:
        self.prefix = prefix
        self._length = length
        self._size = 62**length
        self._inverse = pow(FACTOR, -1, self._size)
        self._shift = seed_of(prefix, *salt) * FACTOR**2 % self._size

    def key(self, ordinal: int) -> str:
        rest, digits = (ordinal * FACTOR + self._shift) % self._size, []
        for _ in range(self._length):
            rest, digit = divmod(rest, 62)
            digits.append(DIGITS[digit])
        return self.prefix + "".join(digits)

    def ordinal(self, key: str) -> int | None:
        """Return the ordinal of an id of ours; of others None, or a number too large to be one."""
        text = key.removeprefix(self.prefix)
        if len(text) != self._length or len(key) == len(text) or not VALUES.keys() >= set(text):
            return None
        value = 0
        for digit in reversed(text):
            value = value * 62 + VALUES[digit]
        ordinal: int = (value - self._shift) * self._inverse % self._size
        return ordinal
