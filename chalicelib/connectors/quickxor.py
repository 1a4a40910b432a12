"""OneDrive's QuickXorHash, as Microsoft publishes it.

Each byte is XORed into 160 bits, 11 bits further on than the one before, round and round; the length is XORed into the
last 64. Bytes 160 apart meet at the same place, so they are put together first, by the thousand and not one by one.
"""

ROUND = 160
BITS = 160
STEP = 11
_MASK = (1 << BITS) - 1


class QuickXorHasher:
    """Computes it piece by piece. Graph gives it in base64: compare with `base64.b64decode(…).hex()`."""

    def __init__(self) -> None:
        self._size = 0
        self._together = 0

    def update(self, piece: bytes, /) -> None:
        """Take the next bytes."""
        begin = self._size % ROUND
        self._together ^= _folded(int.from_bytes(piece, "little") << (8 * begin), begin + len(piece))
        self._size += len(piece)

    def hexdigest(self) -> str:
        """Give the hash of all bytes so far."""
        found = self._size << (BITS - 64)
        for place, byte in enumerate(self._together.to_bytes(ROUND, "little")):
            found ^= _turned(byte, place * STEP % BITS)
        return (found & _MASK).to_bytes(BITS // 8, "little").hex()


def _folded(number: int, size: int) -> int:
    """XOR all rounds of a number of `size` bytes into one, half of them onto the other half at a time."""
    rounds = -(-size // ROUND)
    while rounds > 1:
        half = (rounds + 1) // 2
        bits = half * ROUND * 8
        number = (number >> bits) ^ (number & ((1 << bits) - 1))
        rounds = half
    return number


def _turned(byte: int, by: int) -> int:
    """Turn a byte round within the hash's bits."""
    shifted = byte << by
    return (shifted & _MASK) ^ (shifted >> BITS)
